import type { FileChange } from "@/contract/file-changes";

const NO_FILE = "/dev/null";
const NO_NEWLINE = "\\ No newline at end of file";

/** Returns one applied change as `git diff` would print it, with its last newline; empty where nothing changed. */
export function toGitDiff({ path, kind, diff, movedTo }: FileChange): string {
  switch (kind) {
    case "add":
      return section({ before: null, after: path, modes: ["new file mode 100644"] }, wholeFile(diff, "+"));
    case "delete":
      return section({ before: path, after: null, modes: ["deleted file mode 100644"] }, wholeFile(diff, "-"));
    default:
      if (movedTo === null && diff === "") return "";
      return section({ before: path, after: movedTo ?? path, modes: [] }, diff.replace(/\n$/, ""));
  }
}

/** A file's names before and after; null on the side where there is none. `modes`: the lines that tell of its mode. */
type Header = { before: string | null; after: string | null; modes: string[] };

function section(header: Header, hunks: string): string {
  const lines = hunks === "" ? headerLines(header) : [...headerLines(header), ...nameLines(header), hunks];
  return `${lines.join("\n")}\n`;
}

function headerLines({ before, after, modes }: Header): string[] {
  const from = before ?? after ?? "";
  const to = after ?? from;
  return [
    `diff --git ${quote(`a/${from}`)} ${quote(`b/${to}`)}`,
    ...modes,
    ...(from === to ? [] : [`rename from ${quote(from)}`, `rename to ${quote(to)}`]),
  ];
}

/** The two lines right before the first hunk. */
function nameLines({ before, after }: Header): string[] {
  return [
    `--- ${before === null ? NO_FILE : quote(`a/${before}`)}`,
    `+++ ${after === null ? NO_FILE : quote(`b/${after}`)}`,
  ];
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
  const [before, after] = ["--- ", "+++ "].map((mark) => {
    const path = pathOf(lines.find((line) => line.startsWith(mark)));
    return path === null ? null : rewrite(path);
  });
  if (before == null && after == null) return [...lines];
  const header: Header = {
    before: before ?? null,
    after: after ?? null,
    modes: lines.filter((line) => /^(old mode|new mode|new file mode|deleted file mode|similarity index) /.test(line)),
  };
  return [...headerLines(header), ...lines.filter((line) => line.startsWith("index ")), ...nameLines(header)];
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
  if (!special.test(name)) return name;
  const octal = (character: string) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  return `"${name.replace(special, (character) => (/["\\]/.test(character) ? `\\${character}` : octal(character)))}"`;
}
