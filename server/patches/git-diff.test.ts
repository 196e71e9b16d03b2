import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { FileChange } from "@/contract/file-changes";
import { rewritePaths, toGitDiff } from "./git-diff";

/** Applies a patch with git to some files, in no repository; returns all that is there then. */
function apply(files: Record<string, string>, patch: string): Record<string, string> {
  const root = mkdtempSync(path.join(tmpdir(), "agentrun-patch-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content);
    }
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(root) };
    execFileSync("git", ["apply", "-"], { cwd: root, input: patch, env });
    const names = execFileSync("find", [".", "-type", "f", "-print0"], { cwd: root, encoding: "utf8" });
    const all = names.split("\0").filter((name) => name !== "" && existsSync(path.join(root, name)));
    return Object.fromEntries(
      all.map((name): [string, string] => [name.slice(2), readFileSync(path.join(root, name), "utf8")]).toSorted(),
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

const change = (path: string, kind: string, diff: string, movedTo: string | null = null): FileChange => ({
  ...{ path, kind, diff, movedTo },
});

/** What codex printed of a turn that deleted, moved, added and changed a file. */
const OF_CODEX = `diff --git a/gone.txt b/gone.txt
deleted file mode 100644
index 1b322989b6eea65102d4f5921ccb7df5dc613fe7..0000000000000000000000000000000000000000
--- a/gone.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-x
-y
\\ No newline at end of file
diff --git a/mv.txt b/moved/mv2.txt
index 94ebaf900161394059478fd88aec30e59092a1d7..2c3cd045f61de5f554a61cab38596096bf26387e
--- a/mv.txt
+++ b/moved/mv2.txt
@@ -1,4 +1,4 @@
 1
-2
+two
 3
 4
diff --git a/new dir/néw.txt b/new dir/néw.txt
new file mode 100644
index 0000000000000000000000000000000000000000..814f4a422927b82f5f8a43f8fab6d3839e3983f2
--- /dev/null
+++ b/new dir/néw.txt
@@ -0,0 +1,2 @@
+one
+two
diff --git a/old.txt b/old.txt
index de980441c3ab03a8c07dda1ad27b8a11f39deb1e..7be73ce3c1b1cdaea86e8168dfee8575175953bf
--- a/old.txt
+++ b/old.txt
@@ -1,3 +1,3 @@
 a
-b
+B
 c
`;
const BEFORE = { "gone.txt": "x\ny", "mv.txt": "1\n2\n3\n4\n", "old.txt": "a\nb\nc\n" };
const AFTER = { "moved/mv2.txt": "1\ntwo\n3\n4\n", "new dir/néw.txt": "one\ntwo\n", "old.txt": "a\nB\nc\n" };

test("git applies a turn's diff, with a file that was moved", () => {
  expect(
    apply(
      BEFORE,
      rewritePaths(OF_CODEX, (path) => path),
    ),
  ).toEqual(AFTER);
});

test("rewrites the paths of headers, and no line of a file that looks like one", () => {
  const diff = `diff --git a/ws/a.patch b/ws/a.patch
index 1..2 100644
--- a/ws/a.patch
+++ b/ws/a.patch
@@ -1,2 +1,3 @@
--- a/ws/x
-diff --git a/ws/x b/ws/x
+++ b/ws/y
+@@ -1 +1 @@
+diff --git a/ws/y b/ws/y
`;
  const before = { "a.patch": "-- a/ws/x\ndiff --git a/ws/x b/ws/x\n" };
  expect(
    apply(
      before,
      rewritePaths(diff, (path) => path.replace(/^ws\//, "")),
    ),
  ).toEqual({
    "a.patch": "++ b/ws/y\n@@ -1 +1 @@\ndiff --git a/ws/y b/ws/y\n",
  });
});

test("git applies single changes: new, empty, deleted, changed, moved, and without a last newline", () => {
  const patch = [
    change("gone.txt", "delete", "x\ny"),
    change("mv.txt", "update", "@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n", "moved/mv2.txt"),
    change("new dir/néw.txt", "add", "one\ntwo\n"),
    change("old.txt", "update", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
    change("empty", "add", ""),
    change("unended", "add", "no newline"),
    change("same.txt", "update", "", "other.txt"),
    change("untouched", "update", ""),
  ];
  expect(apply({ ...BEFORE, "same.txt": "s" }, patch.map(toGitDiff).join(""))).toEqual({
    ...AFTER,
    empty: "",
    "other.txt": "s",
    unended: "no newline",
  });
});

test("quotes names that would end or change a header's line", () => {
  const names = ['with "quotes".txt', "back\\slash", "line\nbreak", "tab\there", "ünïcode 📁", " space "];
  const patch = names.map((name) => toGitDiff(change(name, "add", `${name}\n`))).join("");
  expect(apply({}, patch)).toEqual(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
});
