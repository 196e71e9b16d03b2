import { expect, test } from "vitest";
import { readDiff } from "@/components/conversation/diff";
import { allot, mergeTurns, type NumberedTurn, readOn } from "@/components/turns/read-turns";
import type { RunTurn, TurnPage } from "@/contract/turns";
import { moreWords, pairFiles, pairTurns, sumTurns } from "./pairs";

const START_MS = Date.parse("2026-11-22T10:00:00.000Z");
const at = (seconds: number) => new Date(START_MS + seconds * 1_000).toISOString();

function turn(number: number, more: Partial<RunTurn> = {}): NumberedTurn {
  return {
    ...{ runId: "run_1", number, key: `cmd_${number}`, commandId: `cmd_${number}`, state: "completed" },
    ...{
      failureKind: null,
      asked: { text: `ask ${number}`, isCut: false },
      answer: null,
      output: null,
      outputBytes: null,
      askedAt: at(number * 10),
    },
    ...{ startedAt: at(number * 10 + 2), endedAt: at(number * 10 + 7), startSeq: number * 10, endSeq: number * 10 + 9 },
    ...{ toolCalls: 2, failedCalls: 0, exitCodes: [], fileChanges: 1, errors: 0, tokens: null, ...more },
  };
}

test("pairs turns by number, and the longer side continues alone", () => {
  const left = [turn(1, { asked: { text: "fix  it\n", isCut: false } }), turn(2), turn(3)];
  const right = [
    turn(1, { asked: { text: "fix it", isCut: false } }),
    turn(2, { asked: { text: "other", isCut: false } }),
  ];
  expect(pairTurns({ left, right }).map((pair) => [pair.number, pair.right?.number ?? null, pair.isSameAsked])).toEqual(
    [
      [1, 1, true],
      [2, 2, false],
      [3, null, false],
    ],
  );
});

test("sums turns, and one under way lasts until now", () => {
  const turns = [
    turn(1, {
      state: "failed",
      failedCalls: 1,
      exitCodes: [
        { code: 0, count: 1 },
        { code: 2, count: 1 },
      ],
    }),
    turn(2, { exitCodes: [{ code: 2, count: 3 }] }),
    turn(3, { state: "running", endedAt: null, endSeq: null }),
    turn(4, { state: "waiting", startedAt: null, endedAt: null, startSeq: null, endSeq: null, toolCalls: 0 }),
  ];
  expect(sumTurns(turns, START_MS + 60_000)).toEqual({
    ...{ turns: 4, failedTurns: 1, workedMs: 5_000 + 5_000 + 28_000, wholeMs: 50_000, toolCalls: 6, failedCalls: 1 },
    ...{ exitCodes: new Map([[2, 4]]), fileChanges: 4, errors: 0 },
  });
  expect(sumTurns([], 0)).toMatchObject({ turns: 0, wholeMs: 0 });
});

test("pairs files by path, and compares their lines regardless of position", () => {
  const file = (path: string, diff: string) => readDiff(diff, path).map((one) => ({ ...one, path }));
  const left = [...file("a.ts", "@@ -1 +1 @@\n-old\n+new"), ...file("left.ts", "@@ -0,0 +1 @@\n+x")];
  const right = [...file("a.ts", "@@ -7 +7 @@\n-old\n+new"), ...file("right.ts", "@@ -0,0 +1 @@\n+y")];
  const paired = pairFiles({ left, right });
  expect(paired.both).toMatchObject([{ path: "a.ts", isSame: true }]);
  expect(paired.left.map(({ path }) => path)).toEqual(["left.ts"]);
  expect(paired.right.map(({ path }) => path)).toEqual(["right.ts"]);
});

test("names the greater of two amounts, unless they are nearly equal", () => {
  expect(moreWords({ left: 210, right: 100 })).toBe("2.1× more (left)");
  expect(moreWords({ left: 1, right: 1_500 })).toBe("1,500× more (right)");
  expect(moreWords({ left: 104, right: 100 })).toBeNull();
  expect(moreWords({ left: 0, right: 0 })).toBeNull();
  expect(moreWords({ left: 0, right: 3 })).toBe("only right");
});

test("continues reading a run up to its limit, and stops once it is over", async () => {
  const requestedCursors: (string | null)[] = [];
  const page = (from: number, more: Partial<TurnPage> = {}): TurnPage => ({
    ...{
      runId: "run_1",
      items: [turn(from)],
      archives: [],
      readSeq: from * 100,
      lastSeq: 300,
      cursor: `after ${from}`,
    },
    ...more,
  });
  const fetchPage = async (cursor: string | null): Promise<TurnPage> => {
    requestedCursors.push(cursor);
    if (cursor === null) return page(1);
    return cursor === "after 1" ? page(2) : page(3, { cursor: null });
  };
  const first = await readOn(undefined, 150, fetchPage);
  expect([first.readSeq, requestedCursors.length]).toEqual([200, 2]);
  expect(await readOn(first, 150, fetchPage), "no more is allowed").toBe(first);
  const whole = await readOn(first, 1_000, fetchPage);
  expect(whole.turns.map(({ key }) => key)).toEqual(["cmd_1", "cmd_2", "cmd_3"]);
  await readOn(whole, 1_000, fetchPage);
  expect(requestedCursors).toEqual([null, "after 1", "after 2"]);
});

test("a turn that started keeps its position, and its newer state replaces the older", () => {
  const waiting = turn(9, { state: "waiting", startSeq: null, endSeq: null });
  const merged = mergeTurns([turn(1), waiting], [turn(2), { ...waiting, state: "running", startSeq: 15 }]);
  expect(merged.map(({ key, state }) => [key, state])).toEqual([
    ["cmd_1", "completed"],
    ["cmd_9", "running"],
    ["cmd_2", "completed"],
  ]);
});

test("the reading limit goes to the oldest runs first", () => {
  const runs = [
    { id: "a", lastEventSeq: 300 },
    { id: "b", lastEventSeq: 900 },
    { id: "c", lastEventSeq: 10 },
  ];
  expect([...allot(runs, 1_000).values()]).toEqual([1_000, 700, 0]);
});
