import { expect, test } from "vitest";
import { printFilter } from "@/contract/query/page";
import { readQuery } from "@/contract/query/read";
import { RUNNER_QUERY } from "@/contract/query/runners";
import { filterWords, fits, isFiltered, type RunnerFilter, runnersInput } from "./filter";
import { run, runner } from "./test/runner";

const AT_MS = Date.parse("2026-11-26T10:00:10Z");
const read = (text: string): RunnerFilter => {
  const { filter, problems } = readQuery(RUNNER_QUERY, text);
  expect(problems, text).toEqual([]);
  return filter;
};
const shows = (text: string, more: Parameters<typeof runner>[0] = {}) => fits(read(text), runner(more), AT_MS);

test("a list accepts only runners that its filter shows", () => {
  expect(shows("")).toBe(true);
  expect(shows("", { state: "ended" })).toBe(false);
  expect(shows("state:all", { state: "ended" })).toBe(true);
  for (const search of ["ses_1", "run:run_1", "end:lost"])
    expect(shows(search, { state: "ended", endKind: "lost" }), `who asks for ${search} means it in any state`).toBe(
      true,
    );
  expect(shows("state:busy")).toBe(false);
  const old = { skew: "build", sourceCommit: "abc123", metadata: { host: "pod-7" } } as const;
  for (const [search, isShown] of [
    ["place:desk profile:demo project:default tenant:default", true],
    ["place:other", false],
    ["host:pod-7", true],
    ["host:pod", false],
    ["version:abc", true],
    ["version:bc", false],
    ["skew:build", true],
    ["skew:protocol", false],
    ["launched:yes", true],
    ["launched:no", false],
    ["drained:no", true],
    ["-drained:no", false],
    ["seen<1m", true],
    ["seen>1m", false],
    ["age<1h", true],
    ["age>1h", false],
    // Only the list knows how long a turn has said nothing.
    ["stuck:no", false],
  ] as const)
    expect([search, shows(search, old)]).toEqual([search, isShown]);
  expect(shows("skew:build launched:no", { ...old, job: null, run: run() })).toBe(true);
});

test("a query sets the list's input, and describes it", () => {
  expect(runnersInput(read(""))).toEqual({ state: "living" });
  expect(isFiltered(read(""))).toBe(false);
  expect(filterWords(read(""))).toBe("living");
  const text = "state:busy profile:demo run:run_1 place:desk skew:build drained:no stuck:yes seen>1h age<24h";
  expect(printFilter(RUNNER_QUERY, read(text))).toBe(text);
  expect(runnersInput(read(text))).toEqual({
    ...{ state: "busy", backendProfile: "demo", runId: "run_1", placement: "desk", skew: "build" },
    ...{ isDrained: false, isStuck: true, silentForMinutes: 60, withinHours: 24 },
  });
  expect(filterWords(read("skew:build seen>1h"))).toBe("living, skew build, seen > 1h");
  expect(filterWords(read("run_7"))).toBe("“run_7”");
  expect(filterWords(read("state:all"))).toBe("all runners");
  expect(runnersInput(read("run_7"))).toEqual({ search: "run_7" });
});
