import { type DiffRow, type FileDiff, readChange, readDiff } from "@/components/conversation/diff";
import { textOf } from "@/components/conversation/payload";
import type { RunEvent } from "@/contract/event";
import { changesIn, isApplied, isCut, pathInWorkspace, pathsOf } from "@/contract/file-changes";

/** What one turn changed. */
export type TurnChanges = {
  key: string;
  runId: string;
  /** Empty where no event names it. */
  turnId: string;
  /** The event that tells of it. */
  seq: number;
  at: string;
  files: FileDiff[];
  /** Its diff was too long to be kept whole, so that these are not all of its lines. */
  isCut: boolean;
};

/**
 * What each turn changed, the oldest first. A turn's own diff tells all of it; where there is none, or it was cut, the
 * changes that it made are put together. One that was declined or failed changed nothing.
 */
export function foldChanges(events: readonly RunEvent[]): TurnChanges[] {
  type Turn = { turnId: string; diff: RunEvent | null; items: Map<string, RunEvent>; last: RunEvent };
  const turns = new Map<string, Turn>();
  for (const event of events) {
    const turnId = textOf(event.payload, "turnId") ?? "";
    const key = `${event.runId}/${turnId}`;
    const turn = turns.get(key) ?? { turnId, diff: null, items: new Map(), last: event };
    turns.set(key, turn);
    turn.last = event;
    if (event.type === "diff") turn.diff = event;
    // An item is told of when it begins and when it ends: the last word counts.
    else if (event.type === "file_change") turn.items.set(textOf(event.payload, "itemId") ?? event.id, event);
  }
  return [...turns].flatMap(([key, { turnId, diff, items, last }]) => {
    const text = diff === null ? "" : (textOf(diff.payload, "diff", "text") ?? "");
    const isDiffCut = isCut(text);
    const fullDiff = text === "" || isDiffCut ? [] : inWorkspace(readDiff(text, "changes"), [...items.values()]);
    const files = fullDiff.length > 0 ? fullDiff : joinFiles([...items.values()].flatMap(filesOf));
    const { runId, seq, createdAt } = diff ?? last;
    return files.length === 0 ? [] : [{ key, runId, turnId, seq, at: createdAt, files, isCut: isDiffCut }];
  });
}

/**
 * Files by their paths in the workspace: a turn's diff names them from the root of whatever repository that lies in,
 * where its steps are told from the workspace.
 */
function inWorkspace(files: readonly FileDiff[], items: readonly RunEvent[]): FileDiff[] {
  const changedPaths = pathsOf(items.flatMap((event) => changesIn(event.payload)));
  const pathOf = (path: string) => pathInWorkspace(path, changedPaths);
  return files.map((file) => ({
    ...file,
    path: pathOf(file.path),
    movedFrom: file.movedFrom === null ? null : pathOf(file.movedFrom),
  }));
}

function filesOf({ payload }: RunEvent): FileDiff[] {
  return isApplied(payload) ? changesIn(payload).map(readChange) : [];
}

/** Changes to one file put below each other, in the order in which they were made. */
export function joinFiles(files: readonly FileDiff[]): FileDiff[] {
  const byPath = new Map<string, FileDiff>();
  for (const file of files) {
    const existing = byPath.get(file.path);
    byPath.set(
      file.path,
      existing === undefined
        ? file
        : {
            path: file.path,
            movedFrom: existing.movedFrom ?? file.movedFrom,
            rows: [...existing.rows, ...file.rows],
            addedCount: existing.addedCount + file.addedCount,
            removedCount: existing.removedCount + file.removedCount,
          },
    );
  }
  return [...byPath.values()];
}

export type NamedTurn = TurnChanges & { name: string };

/** Every file that some turns changed, with each turn's lines under the turn's name where there are several. */
export function changesByFile(turns: readonly NamedTurn[]): FileDiff[] {
  const files = turns.flatMap((turn) =>
    turn.files.map((file): FileDiff => (turns.length === 1 ? file : { ...file, rows: [headOf(turn), ...file.rows] })),
  );
  return joinFiles(files).toSorted((a, b) => a.path.localeCompare(b.path, "en"));
}

function headOf(turn: NamedTurn): DiffRow {
  return { kind: "hunk", text: turn.name, oldLine: null, newLine: null };
}

export function countLines(files: readonly FileDiff[]): { added: number; removed: number } {
  return {
    added: files.reduce((sum, file) => sum + file.addedCount, 0),
    removed: files.reduce((sum, file) => sum + file.removedCount, 0),
  };
}

/** A file's changes as a patch, for the clipboard; the lines that name turns are none of a tool's business. */
export function toPatch(file: FileDiff): string {
  const sign: Record<DiffRow["kind"], string> = { added: "+", removed: "-", context: " ", hunk: "" };
  const lines = file.rows.map(({ kind, text }) =>
    kind === "hunk" && text.startsWith("@@") ? text : `${sign[kind]}${text}`,
  );
  const isBare = !lines.some((line) => line.startsWith("@@"));
  const head = isBare ? [`@@ -0,${file.removedCount} +1,${file.addedCount} @@`] : [];
  const [firstHunk = ""] = [...head, ...lines];
  const before = firstHunk.startsWith("@@ -0,0 ") ? "/dev/null" : `a/${file.movedFrom ?? file.path}`;
  const after = / \+0,0 @@/.test(firstHunk) ? "/dev/null" : `b/${file.path}`;
  return [`--- ${before}`, `+++ ${after}`, ...head, ...lines, ""].join("\n");
}
