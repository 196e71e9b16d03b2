import { expect, test } from "vitest";
import type { Api } from "@/components/trpc/lists";
import { heldLeases } from "@/components/trpc/lists";
import type { RunSummary } from "@/contract/run";
import { withLeases } from "./use-leases";

const run = (id: string, more: Partial<RunSummary> = {}) =>
  ({ id, status: "claimed", leaseEpoch: 2, leaseExpiresAt: "2026-01-02T00:00:00Z", ...more }) as RunSummary;

test("the lease of every run that is shown is asked for, however many are at work", () => {
  const asked: { runIds: string[]; limit: number }[] = [];
  const api = {
    runs: { list: { queryOptions: (input: (typeof asked)[number]) => asked.push(input) } },
  } as unknown as Api;
  const shown = Array.from({ length: 260 }, (_, index) => `run_${index}`);
  heldLeases(api, shown);
  expect(asked.flatMap(({ runIds }) => runIds)).toEqual(shown);
  for (const { runIds, limit } of asked) {
    expect(runIds.length).toBeLessThanOrEqual(limit);
    // tRPC refuses an address of more than 6,000 characters; an id has some 40.
    expect(encodeURIComponent(JSON.stringify(runIds.map((id) => id.padEnd(40, "x")))).length).toBeLessThan(5_000);
  }
  asked.length = 0;
  heldLeases(api, []);
  expect(asked).toEqual([]);
});

test("a lease that was heard of replaces the list's, never that of a later attempt, nor one of a run that is over", () => {
  const heard = run("run_1", { leaseExpiresAt: "2026-01-02T00:01:00Z" });
  expect(withLeases([run("run_1"), run("run_2")], [heard])).toEqual([heard, run("run_2")]);
  const later = run("run_1", { leaseEpoch: 3 });
  expect(withLeases([later], [heard])).toEqual([later]);
  const over = run("run_1", { status: "completed", leaseExpiresAt: null });
  expect(withLeases([over], [heard])).toEqual([over]);
});
