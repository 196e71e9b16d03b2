import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { QueueTaskSummary } from "@/contract/queue";
import type { Run } from "@/contract/run";
import type { Runner } from "@/contract/runner";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import {
  patchBeats,
  patchLists,
  patchPages,
  patchRead,
  patchRecords,
  patchRun,
  patchRunner,
  patchSession,
  patchStorage,
  patchTask,
} from "./patch";

const session = (version: number, more: Partial<SessionSummary> = {}): SessionSummary =>
  ({ sessionId: "ses_1", version, title: `v${version}`, unread: false, ...more }) as SessionSummary;

test("an older version never overwrites a newer one", () => {
  const cached = session(5);
  expect(patchSession(cached, { sessionId: "ses_1", version: 4, kind: "changed", session: session(4) }, null)).toBe(
    cached,
  );
});

test("a run of the same version keeps the lease that was asked for since", () => {
  const cached = { id: "run_1", version: 2, leaseExpiresAt: "later" } as Run;
  expect(patchRun(cached, { ...cached, leaseExpiresAt: "before" })).toBe(cached);
  expect(patchRun(cached, { ...cached, version: 3, leaseExpiresAt: null })).toMatchObject({ leaseExpiresAt: null });
});

test("a newer version marks the session unread, unless it is open", () => {
  const frame = { sessionId: "ses_1", version: 6, kind: "changed" as const, session: session(6) };
  expect(patchSession(session(5), frame, null)).toMatchObject({ title: "v6", unread: true });
  expect(patchSession(session(5, { unread: true }), frame, "ses_1")).toMatchObject({ unread: false });
});

test("what was read is read up to the version that was shown, and unread beyond it", () => {
  expect(patchRead(session(5, { unread: true }), 5)).toMatchObject({ unread: false });
  expect(patchRead(session(6, { unread: true }), 5)).toMatchObject({ unread: true });
  expect(patchRead(session(5, { unread: true }), undefined)).toMatchObject({ unread: true });
  const read = session(5);
  expect(patchRead(read, 5)).toBe(read);
});

test("a deleted session leaves the list, and an unchanged list keeps its identity", () => {
  const data = { pages: [{ items: [session(5)], cursor: null }], pageParams: [null] };
  const deleted = patchPages(data, (item) =>
    patchSession(item, { sessionId: "ses_1", version: 6, kind: "deleted" }, null),
  );
  expect(deleted?.pages[0]?.items).toEqual([]);
  expect(patchPages(data, (item) => item)).toBe(data);
});

test("a frame updates a volume's own fields and keeps the others", () => {
  const values = { title: "v1", storageState: "live", storageSizeBytes: 5 };
  const frame = (more: Partial<SessionSummary>) =>
    ({
      sessionId: "ses_1",
      version: 6,
      kind: "changed",
      session: session(6, { ...values, ...more } as never),
    }) as const;
  const known = { sessionId: "ses_1", pinnedAt: "2026-01-01T00:00:00Z", isArchiveCurrent: true } as StorageSummary;
  const cached = patchStorage(known, frame({}));
  expect(cached).toMatchObject({ storageState: "live", sizeBytes: 5, pinnedAt: "2026-01-01T00:00:00Z" });
  if (cached === null) throw new Error("the volume is there");
  expect(patchStorage(cached, frame({}))).toBe(cached);
  expect(patchStorage(cached, { ...frame({}), sessionId: "ses_2" })).toBe(cached);
  expect(patchStorage(cached, frame({ storageState: "evicted" }))).toMatchObject({
    storageState: "evicted",
    isArchiveCurrent: true,
  });
  expect(patchStorage(cached, { sessionId: "ses_1", version: 7, kind: "deleted" })).toBeNull();
});

test("a patch keeps the age and the staleness of what it changes: rows may have come, or moved", async () => {
  const client = new QueryClient();
  const page = { items: [session(5)], cursor: null };
  const pages = { pages: [page], pageParams: [null] };
  client.setQueryData(["list", "infinite"], pages, { updatedAt: 1_000 });
  client.setQueryData(["list", "single"], page, { updatedAt: 1_000 });
  client.setQueryData(["record"], session(5), { updatedAt: 1_000 });
  await client.invalidateQueries();
  const frame = (sessionId: string, version: number) =>
    ({ sessionId, version, kind: "changed", session: session(version, { sessionId }) }) as const;
  const tell = (update: ReturnType<typeof frame>) => {
    patchLists<SessionSummary>(client, ["list"], (item) => patchSession(item, update, null));
    patchRecords<SessionSummary>(client, ["record"], (cached) => patchSession(cached, update, null) ?? cached);
  };
  const keys = [["list", "infinite"], ["list", "single"], ["record"]];

  for (const update of [frame("ses_2", 1), frame("ses_1", 4)]) {
    tell(update);
    for (const key of keys)
      expect(client.getQueryState(key), key.join(" ")).toMatchObject({ dataUpdatedAt: 1_000, isInvalidated: true });
  }
  tell(frame("ses_1", 6));
  expect(client.getQueryData(["list", "infinite"])).toMatchObject({ pages: [{ items: [{ version: 6 }] }] });
  expect(client.getQueryData(["list", "single"])).toMatchObject({ items: [{ version: 6 }] });
  expect(client.getQueryData(["record"])).toMatchObject({ version: 6 });
  for (const key of keys)
    expect(client.getQueryState(key), key.join(" ")).toMatchObject({ dataUpdatedAt: 1_000, isInvalidated: true });
});

test("a task keeps fields that frames omit, and has no blocker once it runs", () => {
  const blocker = { kind: "lane-limit", message: "full", until: null, limit: 1, holders: [] };
  const cached = { id: "qt_1", version: 3, state: "pending", payload: { a: 1 }, unread: true, blocker };
  const task = cached as unknown as QueueTaskSummary;
  const frame = (version: number, state: string) => ({ id: "qt_1", version, state }) as never;
  expect(patchTask(task, frame(3, "running"))).toBe(task);
  expect(patchTask(task, undefined)).toBe(task);
  expect(patchTask(task, frame(4, "pending"))).toMatchObject({ blocker, payload: { a: 1 }, unread: true });
  const read = { ...task, unread: false };
  expect(patchTask(read, frame(3, "pending")).unread).toBe(false);
  expect(patchTask(read, frame(4, "pending")).unread).toBe(true);
  expect(patchTask(task, frame(4, "running"))).toMatchObject({ state: "running", blocker: null, payload: { a: 1 } });
});

test("appends new heartbeats once each, and drops the oldest", () => {
  const cached = (count: number, gapsMs: number[]) =>
    ({ id: "r1", heartbeatAt: "a", beats: { count, gapsMs, tripsMs: gapsMs.map(() => 1) } }) as Runner;
  const heartbeats = (count: number, gapsMs: number[]) => ({
    ...{ id: "r1", heartbeatAt: "b", leaseExpiresAt: null, cpuPercent: 3, rssBytes: 4 },
    beats: { count, gapsMs, tripsMs: gapsMs.map(() => 2) },
  });
  const known = cached(2, [10, 20]);
  expect(patchBeats(known, undefined)).toBe(known);
  expect(patchBeats(known, heartbeats(2, [20]))).toBe(known);
  expect(patchBeats(known, heartbeats(3, [30]))).toMatchObject({
    ...{ heartbeatAt: "b", cpuPercent: 3, beats: { count: 3, gapsMs: [10, 20, 30], tripsMs: [1, 1, 2] } },
  });
  // The list was read between two frames, and has one of the frame's two beats already.
  expect(patchBeats(known, heartbeats(3, [20, 30])).beats.gapsMs).toEqual([10, 20, 30]);
  const full = cached(
    60,
    Array.from({ length: 60 }, (_, index) => index),
  );
  expect(patchBeats(full, heartbeats(61, [60])).beats.gapsMs).toEqual(
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
  expect(patchRunner(full, known)).toBe(full);
});
