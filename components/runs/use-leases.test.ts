import { expect, test } from "vitest";
import type { Api } from "@/components/trpc/lists";
import { heldLeases } from "@/components/trpc/lists";
import type { RunSummary } from "@/contract/run";
import { withLeases } from "./use-leases";

const run = (id: string, more: Partial<RunSummary> = {}) =>
  ({ id, status: "claimed", leaseEpoch: 2, leaseExpiresAt: "2026-01-02T00:00:00Z", ...more }) as RunSummary;

type Asked = { runIds: string[]; limit: number; enabled: boolean };

/** What is asked for of runs that are shown. */
function requestedLeases(runs: readonly RunSummary[]): Asked[] {
  const queryOptions = (input: object, options: object) => ({ ...input, ...options });
  return heldLeases({ runs: { list: { queryOptions } } } as unknown as Api, runs) as unknown as Asked[];
}

test("requests the leases of all shown runs", () => {
  const shown = Array.from({ length: 260 }, (_, index) => run(`run_${index}`));
  expect(requestedLeases(shown).flatMap(({ runIds }) => runIds)).toEqual(shown.map(({ id }) => id));
  for (const { runIds, limit, enabled } of requestedLeases(shown)) {
    expect(enabled).toBe(true);
    expect(runIds.length).toBeLessThanOrEqual(limit);
    // tRPC refuses an address of more than 6,000 characters; an id has some 40.
    expect(encodeURIComponent(JSON.stringify(runIds.map((id) => id.padEnd(40, "x")))).length).toBeLessThan(5_000);
  }
  expect(requestedLeases([])).toEqual([]);
});

test("requests nothing when no shown run is active, and a start or end keeps the request", () => {
  const idsOf = (runs: readonly RunSummary[]) => requestedLeases(runs).map(({ runIds }) => runIds);
  const [waits, works, over] = [run("a", { status: "pending" }), run("b"), run("c", { status: "completed" })];
  expect(idsOf([waits, works, over])).toEqual(idsOf([run("a"), run("b", { status: "failed" }), over]));
  expect(requestedLeases([waits, over]).map(({ enabled }) => enabled)).toEqual([false]);
});

test("a reported lease replaces the list's, but not a later attempt's or an ended run's", () => {
  const heard = run("run_1", { leaseExpiresAt: "2026-01-02T00:01:00Z" });
  expect(withLeases([run("run_1"), run("run_2")], [heard])).toEqual([heard, run("run_2")]);
  const later = run("run_1", { leaseEpoch: 3 });
  expect(withLeases([later], [heard])).toEqual([later]);
  const over = run("run_1", { status: "completed", leaseExpiresAt: null });
  expect(withLeases([over], [heard])).toEqual([over]);
});
