import { expect, test } from "vitest";
import { changesIn, cutMark, isCut, pathInWorkspace } from "./file-changes";

test("reads changes of any runner, and what codex wrote behind a moved file's hunks", () => {
  const hunk = "@@ -1,1 +1,1 @@\n-a\n+b\n";
  const changes = [
    { path: "new.txt", kind: "add", diff: "x\n\nMoved to: y" },
    { path: "a.txt", kind: "update", diff: hunk, movedTo: "b.txt" },
    { path: "a.txt", kind: { type: "update" }, diff: `${hunk}\n\nMoved to: /ws/b.txt` },
    ...[null, "none", { path: 7 }],
  ];
  expect(changesIn({ changes })).toEqual([
    { path: "new.txt", kind: "add", diff: "x\n\nMoved to: y", movedTo: null },
    { path: "a.txt", kind: "update", diff: hunk, movedTo: "b.txt" },
    { path: "a.txt", kind: "update", diff: hunk, movedTo: "/ws/b.txt" },
    { path: "?", kind: "update", diff: "", movedTo: null },
  ]);
  expect(changesIn({ changes: "none" })).toEqual([]);
});

test("recognises a text that was cut, and no line of a file that mentions it", () => {
  expect(isCut(`a\n${cutMark(12)}\nb`)).toBe(true);
  expect(isCut(`+${cutMark(12)}`)).toBe(false);
});

test("finds the path in the workspace by the longest path that changed there", () => {
  const changed = ["a.py", "src/a.py"];
  expect(pathInWorkspace("data/workspace/src/a.py", changed)).toBe("src/a.py");
  expect(pathInWorkspace("data/workspace/a.py", changed)).toBe("a.py");
  expect(pathInWorkspace("data/workspace/b.py", changed)).toBe("data/workspace/b.py");
});
