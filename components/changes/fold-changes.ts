import { type DiffRow, type FileDiff, readDiff } from "@/components/conversation/diff";
import { changesOf, textOf } from "@/components/conversation/payload";
import type { RunEvent } from "@/contract/event";

/** What one turn changed. */
export type TurnChanges = {
  key: string;
  runId: string;
  /** The event that tells of it. */
  seq: number;
  at: string;
  files: FileDiff[];
  /** Its diff was too long to be kept whole, so that these are not all of its lines. */
  isCut: boolean;
};

/** Written into a text that was cut in its middle. */
const CUT = /^… \d+ characters left out …$/m;
const DONE = new Set(["completed", "applied", "success"]);

/**
 * What each turn changed, the oldest first. A turn's own diff tells all of it; where there is none, or it was cut, the
 * changes that it made are put together. One that was declined or failed changed nothing.
 */
export function foldChanges(events: readonly RunEvent[]): TurnChanges[] {
  const turns = new Map<string, { diff: RunEvent | null; items: Map<string, RunEvent>; last: RunEvent }>();
  for (const event of events) {
    const turnId = textOf(event.payload, "turnId") ?? "";
    const key = `${event.runId}/${turnId}`;
    const turn = turns.get(key) ?? { diff: null, items: new Map(), last: event };
    turns.set(key, turn);
    turn.last = event;
    if (event.type === "diff") turn.diff = event;
    // An item is told of when it begins and when it ends: the last word counts.
    else if (event.type === "file_change") turn.items.set(textOf(event.payload, "itemId") ?? event.id, event);
  }
  return [...turns].flatMap(([key, { diff, items, last }]) => {
    const text = diff === null ? "" : (textOf(diff.payload, "diff", "text") ?? "");
    const isCut = CUT.test(text);
    const fullDiff = text === "" || isCut ? [] : inWorkspace(readDiff(text, "changes"), [...items.values()]);
    const files = fullDiff.length > 0 ? fullDiff : joinFiles([...items.values()].flatMap(filesOf));
    const { runId, seq, createdAt } = diff ?? last;
    return files.length === 0 ? [] : [{ key, runId, seq, at: createdAt, files, isCut }];
  });
}

/**
 * Files by their paths in the workspace: a turn's diff names them from the root of whatever repository that lies in,
 * where its steps are told from the workspace.
 */
function inWorkspace(files: readonly FileDiff[], items: readonly RunEvent[]): FileDiff[] {
  const changedPaths = items.flatMap((event) => changesOf(event.payload).map((change) => change.path));
  return files.map((file) => ({
    ...file,
    path: changedPaths.find((path) => file.path === path || file.path.endsWith(`/${path}`)) ?? file.path,
  }));
}

function filesOf(event: RunEvent): FileDiff[] {
  const status = textOf(event.payload, "status");
  if (status !== null && !DONE.has(status)) return [];
  return changesOf(event.payload).flatMap((change) =>
    // A patch names one file, and its diff may be the bare content of a new one.
    joinFiles(readDiff(change.diff, change.path, change.kind)).map((file) => ({ ...file, path: change.path })),
  );
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
  return [`--- a/${file.path}`, `+++ b/${file.path}`, ...head, ...lines, ""].join("\n");
}
