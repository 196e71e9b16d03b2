import { expect, test } from "vitest";
import type { RunEvent } from "@/contract/event";
import { changesByFile, countLines, foldChanges, toPatch } from "./fold-changes";

const event = (seq: number, type: string, payload: Record<string, unknown>): RunEvent => ({
  ...{ id: `evt_${seq}`, runId: "run_1", seq, type, payload },
  createdAt: "2026-11-22T10:00:00.000Z",
});
const patch = (path: string, ...lines: string[]) =>
  [
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -1,${lines.filter((line) => line[0] !== "+").length} +1,${lines.filter((line) => line[0] !== "-").length} @@`,
    ...lines,
  ].join("\n");
const change = (seq: number, turnId: string, itemId: string, path: string, status: string, diff: string) =>
  event(seq, "file_change", { turnId, itemId, status, changes: [{ path, kind: "add", diff }] });
const patchesOf = (events: RunEvent[]) =>
  foldChanges(events).map(({ files, isCut }) => [
    isCut,
    ...files.map((file) => `${file.path} +${file.addedCount} -${file.removedCount}`),
  ]);

test("a turn's own diff takes precedence over its steps", () => {
  expect(
    patchesOf([
      change(1, "t1", "i1", "a.py", "inProgress", "one\ntwo"),
      change(2, "t1", "i1", "a.py", "completed", "one\ntwo"),
      event(3, "diff", { turnId: "t1", diff: `${patch("a.py", "+one", "+three")}\n${patch("b.py", " x", "-y")}` }),
    ]),
  ).toEqual([[false, "a.py +2 -0", "b.py +0 -1"]]);
});

test("names files as in the workspace, also in a subfolder of a repository", () => {
  expect(
    patchesOf([
      change(1, "t1", "i1", "src/a.py", "completed", "one"),
      event(2, "diff", { turnId: "t1", diff: patch("data/volumes/v/workspace/src/a.py", "+one") }),
    ]),
  ).toEqual([[false, "src/a.py +1 -0"]]);
});

test("without a turn's diff counts each applied change once, and no declined or failed one", () => {
  expect(
    patchesOf([
      change(1, "t1", "i1", "a.py", "inProgress", "one"),
      change(2, "t1", "i1", "a.py", "completed", "one"),
      change(3, "t1", "i2", "b.py", "declined", "two"),
      change(4, "t1", "i3", "c.py", "inProgress", "three"),
      change(5, "t2", "i4", "a.py", "completed", patch("a.py", " one", "+two")),
      change(6, "t3", "i5", "d.py", "failed", "four"),
    ]),
  ).toEqual([
    [false, "a.py +1 -0"],
    [false, "a.py +1 -0"],
  ]);
});

test("completes a truncated diff from the turn's steps, and marks it", () => {
  const cut = `${patch("a.py", "+one")}\n… 12345 characters left out …\n+end`;
  expect(
    patchesOf([change(1, "t1", "i1", "a.py", "completed", "one\ntwo"), event(2, "diff", { turnId: "t1", diff: cut })]),
  ).toEqual([[true, "a.py +2 -0"]]);
});

test("skips malformed payloads of old runs and shows the rest", () => {
  expect(
    patchesOf([
      event(1, "diff", {}),
      event(2, "diff", { diff: 5 }),
      event(3, "file_change", { changes: "all" }),
      event(4, "file_change", { changes: [null, { path: "x" }] }),
      event(5, "diff", { turnId: "t", diff: patch("ok", "+1") }),
    ]),
  ).toEqual([
    [false, "x +0 -0"],
    [false, "ok +1 -0"],
  ]);
});

test("over several turns each file has its lines by turn, and counts add up", () => {
  const turns = foldChanges([
    event(1, "diff", { turnId: "t1", diff: patch("b", "+1", "+2") }),
    event(2, "diff", { turnId: "t2", diff: `${patch("b", " 1", "-2")}\n${patch("a", "+x")}` }),
  ]).map((turn, index) => ({ ...turn, name: `Turn ${index + 1}` }));
  const files = changesByFile(turns);
  expect(files.map((file) => [file.path, file.addedCount, file.removedCount])).toEqual([
    ["a", 1, 0],
    ["b", 2, 1],
  ]);
  expect(countLines(files)).toEqual({ added: 3, removed: 1 });
  expect(toPatch(files[1] as never).split("\n")).toEqual([
    ...["--- a/b", "+++ b/b", "Turn 1", "@@ -1,0 +1,2 @@", "+1", "+2", "Turn 2", "@@ -1,2 +1,1 @@", " 1", "-2", ""],
  ]);
});
