import { expect, test } from "vitest";
import type { ServiceContext } from "@/server/context";
import type { Volumes } from "@/server/volumes/volumes";
import { evictStorage, getStorage, repairStorage, restoreStorage } from ".";
import { createTestStore } from "./test/context";
import { makeUsedSession, readNote, writeNote } from "./test/volume";

/** A process that stands still before its next call of the provider, while another one works. */
function held(ctx: ServiceContext, call: "find" | "remove", meanwhile: () => Promise<unknown>) {
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
