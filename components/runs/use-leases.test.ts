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

test("the lease of every run that is shown is asked for, however many are at work", () => {
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

test("a run that begins or ends changes nothing of what is asked, and where none is at work nothing is", () => {
  const idsOf = (runs: readonly RunSummary[]) => requestedLeases(runs).map(({ runIds }) => runIds);
  const [waits, works, over] = [run("a", { status: "pending" }), run("b"), run("c", { status: "completed" })];
  expect(idsOf([waits, works, over])).toEqual(idsOf([run("a"), run("b", { status: "failed" }), over]));
  expect(requestedLeases([waits, over]).map(({ enabled }) => enabled)).toEqual([false]);
});

test("a lease that was heard of replaces the list's, never that of a later attempt, nor one of a run that is over", () => {
  const heard = run("run_1", { leaseExpiresAt: "2026-01-02T00:01:00Z" });
  expect(withLeases([run("run_1"), run("run_2")], [heard])).toEqual([heard, run("run_2")]);
  const later = run("run_1", { leaseEpoch: 3 });
  expect(withLeases([later], [heard])).toEqual([later]);
  const over = run("run_1", { status: "completed", leaseExpiresAt: null });
  expect(withLeases([over], [heard])).toEqual([over]);
});
