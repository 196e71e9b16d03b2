import { parsePatch } from "diff";
import type { FileChange } from "@/contract/file-changes";

export type DiffRow = {
  kind: "hunk" | "context" | "added" | "removed";
  text: string;
  oldLine: number | null;
  newLine: number | null;
};
export type FileDiff = {
  path: string;
  /** What the file was called before it was moved; null for one that was not. */
  movedFrom: string | null;
  rows: DiffRow[];
  addedCount: number;
  removedCount: number;
};

/** Reads one change of a patch. Its diff may be the bare content of a new or deleted file. */
export function readChange({ path, kind, diff, movedTo }: FileChange): FileDiff {
  const files = readDiff(diff, path, kind);
  const count = (of: "addedCount" | "removedCount") => files.reduce((sum, file) => sum + file[of], 0);
  return {
    path: movedTo ?? path,
    movedFrom: movedTo === null ? null : path,
    rows: files.flatMap((file) => file.rows),
    addedCount: count("addedCount"),
    removedCount: count("removedCount"),
  };
}

/**
 * Reads a unified diff, of one file or many. What is not one (codex gives a new file's bare content) is shown as
 * added lines of `path`.
 */
export function readDiff(diff: string, path: string, kind = "update"): FileDiff[] {
  const files = parseOrNull(diff);
  if (files === null) return [bareFile(diff, path, kind)];
  return files.map((file) => {
    const rows = file.hunks.flatMap((hunk) => {
      let oldLine = hunk.oldStart;
      let newLine = hunk.newStart;
      const head: DiffRow = {
        kind: "hunk",
        text: `@@ -${startOf(hunk.oldStart, hunk.oldLines)} +${startOf(hunk.newStart, hunk.newLines)} @@`,
        oldLine: null,
        newLine: null,
      };
      const lines = hunk.lines.map((line): DiffRow => {
        const text = line.slice(1);
        if (line.startsWith("+")) return { kind: "added", text, oldLine: null, newLine: newLine++ };
        if (line.startsWith("-")) return { kind: "removed", text, oldLine: oldLine++, newLine: null };
        if (line.startsWith("\\")) return { kind: "hunk", text: line, oldLine: null, newLine: null };
        return { kind: "context", text, oldLine: oldLine++, newLine: newLine++ };
      });
      return [head, ...lines];
    });
    const [before, after] = [nameOf(file.oldFileName), nameOf(file.newFileName)];
    const movedFrom = after !== null && before !== after ? before : null;
    return withLineCounts({ path: after ?? before ?? path, movedFrom }, rows);
  });
}

/** As the diff itself has it: of a side without lines the parser moves the start by one. */
function startOf(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

function parseOrNull(diff: string) {
  if (!/^@@ /m.test(diff)) return null;
  try {
    const files = parsePatch(diff).filter((file) => file.hunks.length > 0);
    return files.length > 0 ? files : null;
  } catch {
    return null;
  }
}

function nameOf(name: string | undefined): string | null {
  return name === undefined || name === "/dev/null" ? null : name.replace(/^[ab]\//, "");
}

function bareFile(content: string, path: string, kind: string): FileDiff {
  const lines = content === "" ? [] : content.replace(/\n$/, "").split("\n");
  const isRemoval = kind === "delete";
  const rows = lines.map((text, index): DiffRow => {
    return isRemoval
      ? { kind: "removed", text, oldLine: index + 1, newLine: null }
      : { kind: "added", text, oldLine: null, newLine: index + 1 };
  });
  return withLineCounts({ path, movedFrom: null }, rows);
}

function withLineCounts(names: Pick<FileDiff, "path" | "movedFrom">, rows: DiffRow[]): FileDiff {
  const count = (kind: DiffRow["kind"]) => rows.filter((row) => row.kind === kind).length;
  return { ...names, rows, addedCount: count("added"), removedCount: count("removed") };
}
