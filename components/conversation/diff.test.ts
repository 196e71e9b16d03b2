import { expect, test } from "vitest";
import { readChange, readDiff } from "./diff";

test("a unified diff keeps the line numbers of both sides", () => {
  const [file] = readDiff("--- a/x.ts\n+++ b/x.ts\n@@ -4,3 +4,3 @@\n one\n-two\n+TWO\n three\n", "x.ts");
  expect(file).toMatchObject({ path: "x.ts", addedCount: 1, removedCount: 1 });
  expect(file?.rows.slice(1).map((row) => [row.kind, row.oldLine, row.newLine])).toEqual([
    ["context", 4, 4],
    ["removed", 5, null],
    ["added", null, 5],
    ["context", 6, 6],
  ]);
});

test("keeps a hunk's header unchanged", () => {
  for (const head of ["@@ -0,0 +1,1 @@", "@@ -4,0 +5,1 @@"])
    expect(readDiff(`${head}\n+one\n`, "x")[0]?.rows[0]?.text).toBe(head);
});

test("a diff without file names takes the change's path", () => {
  expect(readDiff("@@ -1 +1 @@\n-a\n+b\n", "src/a.txt")[0]?.path).toBe("src/a.txt");
});

test("separates several files, and a deleted one keeps its name", () => {
  const files = readDiff(
    "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\ndiff --git a/b b/b\n--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
    "?",
  );
  expect(files.map((file) => file.path)).toEqual(["a", "b"]);
});

test("bare content is an added or removed file, and malformed input does not throw", () => {
  expect(readDiff("hello\nworld\n", "n.txt", "add")[0]).toMatchObject({ addedCount: 2, removedCount: 0 });
  expect(readDiff("gone\n", "n.txt", "delete")[0]).toMatchObject({ removedCount: 1 });
  expect(readDiff("@@ -x +y @@\n?", "g")[0]?.path).toBe("g");
});

test("a moved file has both its names, whether a change or a diff tells so", () => {
  const hunk = "@@ -1,1 +1,1 @@\n-a\n+b\n";
  expect(readChange({ path: "a.txt", kind: "update", diff: hunk, movedTo: "b/a.txt" })).toMatchObject({
    ...{ path: "b/a.txt", movedFrom: "a.txt", addedCount: 1, removedCount: 1 },
  });
  expect(readDiff(`--- a/a.txt\n+++ b/b/a.txt\n${hunk}`, "?")[0]).toMatchObject({
    path: "b/a.txt",
    movedFrom: "a.txt",
  });
  expect(readChange({ path: "a.txt", kind: "add", diff: "a\n", movedTo: null })).toMatchObject({ movedFrom: null });
});
