import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { launchPending } from "@/server/attempts";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { purgeDeleted } from "@/server/retention";
import { launchRunnerJob } from "@/server/runners";
import { cancelRun, createRun } from "@/server/runs";
import { createSession, deleteSession } from "@/server/sessions";
import type { Volumes } from "@/server/volumes/volumes";
import { collectGarbage, evictStorage, getStorage, pinStorage, repairStorage, restoreStorage, unpinStorage } from ".";
import { ChildArchivers } from "./test/child-archivers";
import { createTestStore } from "./test/context";
import { expire, makeUsedSession, readNote, writeNote } from "./test/volume";

/** Makes a process that stops before its next call of the provider, while another one works. */
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
  "an eviction paused before its %s does not remove a volume restored meanwhile",
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

test("removes a volume that was created after its session's eviction", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = "ses_late";
  const slow = held(ctx, "ensure", () => evictStorage(other, { sessionId }));
  await createSession(slow, { sessionId, backendProfile: "codex" });
  await repairStorage(other);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageKind: "evicted", storageState: "evicted" });
  expect(await ctx.volumes.find(ctx.volumes.nameFor(sessionId))).toBeNull();
});

test("removes a volume that was created for a restore after its session's next eviction", async () => {
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

test("removes a volume that was created after its session's purge", async () => {
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

test("refuses a pin while the volume is being removed", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  const slow = held(ctx, "remove", () =>
    expect(pinStorage(other, { sessionId })).rejects.toMatchObject({ reason: "store-evicted" }),
  );
  expect(await evictStorage(slow, { sessionId })).toMatchObject({ storageState: "evicted", pinnedAt: null });
});

/** Makes a caller whose runs the worker starts; here they are only recorded. */
function launching(ctx: ServiceContext): ServiceContext {
  return { ...ctx, settings: { ...ctx.settings, executor: "local" } };
}

const newExecutor = () => new ChildArchivers("", () => "");

/** Makes a run whose runner is to be started next. */
async function recordRun(ctx: ServiceContext, sessionId: string): Promise<string> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  await createCommand(ctx, { runId, type: "turn", payload: { text: "go on" } });
  await launchRunnerJob(ctx, { runId });
  return runId;
}

test("does not evict a volume under a runner that is starting, also before its claim", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [launching(store.as()), launching(store.as())];
  const sessionId = await makeUsedSession(ctx, { note: "mine" });
  const runId = await recordRun(ctx, sessionId);
  const refusal = { reason: "run-live", details: { runId } };
  await using executor = newExecutor();
  const slow = held(ctx, "find", () => expect(evictStorage(other, { sessionId })).rejects.toMatchObject(refusal));
  await launchPending({ ctx: slow, executor, attemptsMax: 8 });
  expect(executor.runners).toMatchObject([{ runId }]);
  await expect(evictStorage(other, { sessionId })).rejects.toMatchObject(refusal);
  expect(await readNote(ctx, sessionId)).toBe("mine");
});

test("a run cancelled while its runner starts keeps its volume until the start is over", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [launching(store.as()), launching(store.as())];
  const sessionId = await makeUsedSession(ctx, { note: "mine" });
  await expire(ctx, sessionId);
  const runId = await recordRun(ctx, sessionId);
  await using executor = newExecutor();
  const slow = held(ctx, "find", async () => {
    expect(await cancelRun(other, { runId })).toMatchObject({ status: "cancelled" });
    await expect(evictStorage(other, { sessionId })).rejects.toMatchObject({ reason: "run-live" });
    expect(await collectGarbage(other, { dryRun: false, limit: 50 })).toMatchObject({
      evicted: [],
      kept: [{ sessionId, reason: `run-live: a runner of run ${runId} is being started` }],
    });
  });
  await launchPending({ ctx: slow, executor, attemptsMax: 8 });
  expect(await readNote(ctx, sessionId)).toBe("mine");
  expect(await evictStorage(other, { sessionId })).toMatchObject({ storageState: "evicted" });
});

test("of an eviction and a concurrent launch, the runner has its volume or does not start", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [launching(store.as()), launching(store.as())];
  await using executor = newExecutor();
  const outcomes = new Set<string>();
  for (let round = 0; round < 30; round += 1) {
    const sessionId = await makeUsedSession(ctx, { note: `round ${round}` });
    const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
    await createCommand(ctx, { runId, type: "turn", payload: { text: "go on" } });
    const [, evicted] = await Promise.allSettled([
      launchPending({ ctx, executor, attemptsMax: 1_000 }),
      evictStorage(other, { sessionId }),
    ]);
    outcomes.add(evicted.status);
    // Recorded by this pass or the one before. No runner is started for a session whose volume is being removed.
    await launchPending({ ctx, executor, attemptsMax: 1_000 });
    const isStarted = executor.runners.some((runner) => runner.runId === runId);
    expect(isStarted).toBe(evicted.status === "rejected");
    expect(await readNote(ctx, sessionId)).toBe(isStarted ? `round ${round}` : null);
  }
  expect([...outcomes].sort()).toEqual(["fulfilled", "rejected"]);
});

test("refuses to evict a pinned volume until it is unpinned", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  await pinStorage(ctx, { sessionId });
  const refusal = { reason: "volume-kept", message: expect.stringContaining("unpin it first") };
  await expect(evictStorage(ctx, { sessionId })).rejects.toMatchObject(refusal);
  expect(await readNote(ctx, sessionId)).toBe("archived");
  await unpinStorage(ctx, { sessionId });
  expect(await evictStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted" });
  // Asked again, the answer is the same; and an evicted session may be pinned, for its archive.
  await pinStorage(ctx, { sessionId });
  expect(await evictStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted" });
});
