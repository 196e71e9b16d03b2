import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { purgeDeleted } from "@/server/retention";
import { createSession, deleteSession } from "@/server/sessions";
import type { Volumes } from "@/server/volumes/volumes";
import { evictStorage, getStorage, pinStorage, repairStorage, restoreStorage } from ".";
import { createTestStore } from "./test/context";
import { makeUsedSession, readNote, writeNote } from "./test/volume";

/** A process that stands still before its next call of the provider, while another one works. */
function held(ctx: ServiceContext, call: "find" | "remove" | "ensure", meanwhile: () => Promise<unknown>) {
  let isDone = false;
  const volumes = new Proxy(ctx.volumes, {
    get(target, key: keyof Volumes) {
      const value = target[key];
      if (key !== call || typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (!isDone) {
          isDone = true;
          await meanwhile();
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ...ctx, volumes };
}

test.each(["find", "remove"] as const)(
  "an eviction that stood still before its %s takes no volume that was restored meanwhile",
  async (call) => {
    await using store = await createTestStore();
    const [ctx, other] = [store.as(), store.as()];
    const sessionId = await makeUsedSession(ctx, { note: "archived" });
    const slow = held(ctx, call, async () => {
      expect((await repairStorage(other)).finished).toEqual([sessionId]);
      await restoreStorage(other, { sessionId });
      await writeNote(other, sessionId, "newer than the archive");
    });
    await evictStorage(slow, { sessionId });
    expect(await readNote(ctx, sessionId)).toBe("newer than the archive");
    expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "restoring", pvcPhase: "Bound" });
  },
);

test("a volume that was made after its session's eviction goes again", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = "ses_late";
  const slow = held(ctx, "ensure", () => evictStorage(other, { sessionId }));
  await createSession(slow, { sessionId, backendProfile: "codex" });
  await repairStorage(other);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageKind: "evicted", storageState: "evicted" });
  expect(await ctx.volumes.find(ctx.volumes.nameFor(sessionId))).toBeNull();
});

test("a volume that was made for a restore after its session's next eviction goes again", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  await evictStorage(ctx, { sessionId });
  await restoreStorage(
    held(ctx, "ensure", () => evictStorage(other, { sessionId })),
    { sessionId },
  );
  await repairStorage(other);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  expect(await readNote(ctx, sessionId)).toBeNull();
  expect(await ctx.volumes.find(ctx.volumes.nameFor(sessionId))).toBeNull();
});

test("a volume that was made after its session's purge goes with the next one", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = "ses_late";
  const slow = held(ctx, "ensure", async () => {
    await deleteSession(other, { sessionId });
    await purgeDeleted(other);
  });
  await createSession(slow, { sessionId, backendProfile: "codex" });
  await purgeDeleted(other);
  expect(await ctx.volumes.find(ctx.volumes.nameFor(sessionId))).toBeNull();
  expect(await ctx.db.select({ storageState: sessions.storageState }).from(sessions)).toEqual([
    { storageState: "none" },
  ]);
});

test("a pin that comes while the volume is going is refused: it could keep nothing", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  const slow = held(ctx, "remove", () =>
    expect(pinStorage(other, { sessionId })).rejects.toMatchObject({ reason: "store-evicted" }),
  );
  expect(await evictStorage(slow, { sessionId })).toMatchObject({ storageState: "evicted", pinnedAt: null });
});
