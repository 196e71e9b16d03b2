import type { FileChange } from "@/contract/file-changes";

const NO_FILE = "/dev/null";
const NO_NEWLINE = "\\ No newline at end of file";

/** Returns one applied change as `git diff` would print it, with its last newline; empty where nothing changed. */
export function toGitDiff({ path, kind, diff, movedTo }: FileChange): string {
  switch (kind) {
    case "add":
      return section({
        path,
        modeLine: "new file mode 100644",
        from: NO_FILE,
        to: `b/${path}`,
        hunks: wholeFile(diff, "+"),
      });
    case "delete":
      return section({
        path,
        modeLine: "deleted file mode 100644",
        from: `a/${path}`,
        to: NO_FILE,
        hunks: wholeFile(diff, "-"),
      });
    default:
      return movedTo === null
        ? diff === ""
          ? ""
          : section({ path, from: `a/${path}`, to: `b/${path}`, hunks: diff })
        : section({ path, movedTo, from: `a/${path}`, to: `b/${movedTo}`, hunks: diff });
  }
}

type Section = { path: string; movedTo?: string; modeLine?: string; from: string; to: string; hunks: string };

function section({ path, movedTo = path, modeLine, from, to, hunks }: Section): string {
  const head = [
    `diff --git ${quote(`a/${path}`)} ${quote(`b/${movedTo}`)}`,
    ...(modeLine === undefined ? [] : [modeLine]),
    ...(movedTo === path ? [] : [`rename from ${quote(path)}`, `rename to ${quote(movedTo)}`]),
  ];
  const body = hunks === "" ? [] : [`--- ${quote(from)}`, `+++ ${quote(to)}`, hunks.replace(/\n$/, "")];
  return `${[...head, ...body].join("\n")}\n`;
}

/** All lines of a file as one hunk; empty for an empty file. */
function wholeFile(content: string, sign: "+" | "-"): string {
  if (content === "") return "";
  const lines = content.replace(/\n$/, "").split("\n");
  const span = `1,${lines.length}`;
  const head = sign === "+" ? `@@ -0,0 +${span} @@` : `@@ -${span} +0,0 @@`;
  return [head, ...lines.map((line) => sign + line), ...(content.endsWith("\n") ? [] : [NO_NEWLINE])].join("\n");
}

/**
 * Rewrites the paths of a diff of many files, and says of a file with two names that it was moved, which codex leaves
 * out. Only headers are rewritten, whatever the lines of a file look like.
 */
export function rewritePaths(diff: string, rewrite: (path: string) => string): string {
  const out: string[] = [];
  let header: string[] | null = null;
  // Lines of the hunk under way that are still to come, on either side.
  let oldCount = 0;
  let newCount = 0;
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    if (oldCount > 0 || newCount > 0) {
      if (!line.startsWith("+") && !line.startsWith("\\")) oldCount -= 1;
      if (!line.startsWith("-") && !line.startsWith("\\")) newCount -= 1;
      out.push(line);
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) {
      out.push(...rewriteHeader(header ?? [], rewrite), line);
      header = null;
      oldCount = Number(hunk[1] ?? 1);
      newCount = Number(hunk[2] ?? 1);
    } else if (line.startsWith("diff --git ")) {
      out.push(...rewriteHeader(header ?? [], rewrite));
      header = [line];
    } else if (header !== null) header.push(line);
    else if (line.startsWith("--- ")) header = [line];
    else out.push(line);
  }
  out.push(...rewriteHeader(header ?? [], rewrite));
  return `${out.join("\n")}\n`;
}

/** The lines between “diff --git” and the first hunk. Paths are read from “---” and “+++”, which hold one each. */
function rewriteHeader(lines: readonly string[], rewrite: (path: string) => string): string[] {
  const oldPath = pathOf(lines.find((line) => line.startsWith("--- ")));
  const newPath = pathOf(lines.find((line) => line.startsWith("+++ ")));
  const before = oldPath ?? newPath;
  const after = newPath ?? oldPath;
  if (before === null || after === null) return [...lines];
  const from = rewrite(before);
  const to = rewrite(after);
  const kept = lines.filter((line) =>
    /^(old mode|new mode|new file mode|deleted file mode|index|similarity index) /.test(line),
  );
  return [
    `diff --git ${quote(`a/${from}`)} ${quote(`b/${to}`)}`,
    ...kept.filter((line) => !line.startsWith("index ")),
    ...(from === to ? [] : [`rename from ${quote(from)}`, `rename to ${quote(to)}`]),
    ...kept.filter((line) => line.startsWith("index ")),
    `--- ${oldPath === null ? NO_FILE : quote(`a/${from}`)}`,
    `+++ ${newPath === null ? NO_FILE : quote(`b/${to}`)}`,
  ];
}

function pathOf(line: string | undefined): string | null {
  const name = line?.slice(4);
  if (name === undefined || name === NO_FILE) return null;
  return name.replace(/^[ab]\//, "");
}

/** A name in a header, quoted as git does where it holds what would end or change the line. */
function quote(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to be quoted.
  const special = /["\\\u0000-\u001f\u007f]/g;
  if (name === NO_FILE || !special.test(name)) return name;
  const octal = (character: string) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  return `"${name.replace(special, (character) => (/["\\]/.test(character) ? `\\${character}` : octal(character)))}"`;
}
