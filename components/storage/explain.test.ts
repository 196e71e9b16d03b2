import { expect, test } from "vitest";
import type { StorageSummary } from "@/contract/storage";
import { STORAGE_STATES } from "@/contract/words";
import { actionsOf, explainBreaker, explainKeeper, explainLoss, explainTotals, reasonWord } from "./explain";

const summary = (more: Partial<StorageSummary>): StorageSummary =>
  ({
    storageState: "live",
    pinnedAt: null,
    restorable: false,
    collectableAt: "2026-12-01T00:00:00Z",
    isArchiveCurrent: false,
    activeRunId: null,
    ...more,
  }) as StorageSummary;

test("an eviction is safe only when nothing is lost for good", () => {
  const used = { sizeBytes: 10, filesCount: 1 };
  expect(explainLoss({ ...used, restorable: true, isArchiveCurrent: true }).isSafe).toBe(true);
  expect(explainLoss({ ...used, restorable: true, isArchiveCurrent: false }).text).toContain("since then is lost");
  expect(explainLoss({ ...used, restorable: false, isArchiveCurrent: false }).isSafe).toBe(false);
  expect(
    explainLoss({ sizeBytes: null, filesCount: null, restorable: false, isArchiveCurrent: false }).isSafe,
    "a volume that nobody measured may hold anything",
  ).toBe(false);
});

test("available actions follow the state, the pin and the archive", () => {
  expect([...actionsOf(summary({}))]).toEqual(["pin", "extend", "archive", "refresh", "evict"]);
  expect([...actionsOf(summary({ pinnedAt: "2026-01-01T00:00:00Z", restorable: true }))]).toEqual([
    "unpin",
    "extend",
    "archive",
    "refresh",
    "restore",
    "fork",
    "evict",
  ]);
  expect([...actionsOf(summary({ storageState: "evicted", restorable: true }))]).toEqual(["restore", "fork"]);
  expect(actionsOf(summary({ isArchiveCurrent: true })).has("archive"), "what is archived").toBe(false);
  expect(actionsOf(summary({ activeRunId: "run_1" })).has("archive"), "what a run's turns archive").toBe(false);
  expect(actionsOf(summary({ collectableAt: null })).has("extend"), "what never expires").toBe(false);
  expect(actionsOf(summary({ storageState: "restoring" })).has("refresh"), "what its runner reports").toBe(false);
  expect([...actionsOf(summary({ storageState: "deleting" }))]).toEqual([]);
  expect([...actionsOf(summary({ storageState: "none" }))]).toEqual([]);
});

test("no state without a volume can be evicted", () => {
  const evictable = STORAGE_STATES.filter((storageState) => actionsOf(summary({ storageState })).has("evict"));
  expect(evictable).toEqual(["creating", "live", "archiving", "restoring"]);
});

test("a keep reason reads as a sentence, and rows are grouped by its kind", () => {
  expect(explainKeeper("pinned")).toBe("Pinned");
  expect(explainKeeper("run-live: run run_1 is claimed")).toBe("Run run_1 is claimed.");
  expect(explainKeeper("something new")).toBe("something new");
  expect(reasonWord("run-live: run run_1 is claimed")).toBe("run-live");
  expect(reasonWord("expired, archived")).toBe("expired");
});

test("shows a breaker while collections report it", () => {
  const at = "2026-11-22T12:00:00Z";
  const nowMs = Date.parse(at) + 3_600_000;
  const breaker = "breaker-open: 412 of 900 volumes have expired at once";
  expect(explainBreaker({ at, breaker }, nowMs)).toBe("412 of 900 volumes have expired at once");
  expect(explainBreaker({ at, breaker }, nowMs + 2 * 3_600_000)).toBeNull();
  expect(explainBreaker({ at, breaker: null }, nowMs)).toBeNull();
  expect(explainBreaker(undefined, nowMs)).toBeNull();
});

test("summarises in one sentence what a collection did or would do", () => {
  const of = (volumes: number, bytes = 0) => ({ volumes, bytes });
  const totals = { evicted: of(7, 2 * 2 ** 20), advanced: of(0), kept: of(93), hasMore: false };
  expect(explainTotals({ dryRun: true, totals })).toBe("Would evict 7 volumes and keep 93: 2.0 MiB back.");
  expect(explainTotals({ dryRun: false, totals: { ...totals, evicted: of(1), advanced: of(2), hasMore: true } })).toBe(
    "Evicted 1 volume, moved on 2 and kept 93: 0 B back. That is all that one run takes: others wait for the next.",
  );
});

test("a pause that has ended is not a self-stopped collection", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  const at = new Date(nowMs - 60_000).toISOString();
  expect(explainBreaker({ at, breaker: "gc-paused: somebody" }, nowMs)).toBeNull();
  expect(explainBreaker({ at, breaker: "daily-max: 500" }, nowMs)).toBe("500");
});
