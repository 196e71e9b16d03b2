/** One file that a patch changed, as an event's payload or an approval has it. */
export type FileChange = {
  /** In the workspace; absolute for a file elsewhere. */
  path: string;
  /** `add`, `delete`, `update`, or what another runner calls it. */
  kind: string;
  /** Of a new or deleted file its bare content, else hunks of a unified diff without a header. */
  diff: string;
  /** The path that an update moved the file to. */
  movedTo: string | null;
};

/** What codex writes behind the hunks of a file that it moved. Events that were stored before `movedTo` was have it. */
const MOVED = /\n\nMoved to: (.+)$/;
/** What a text has in its middle that was too long for an event. */
const CUT = /^… \d+ characters left out …$/m;

/** Returns the line that stands for what was left out of the middle of a long text. */
export function cutMark(leftOutCount: number): string {
  return `… ${leftOutCount} characters left out …`;
}

/** Returns whether an event's text was too long to be stored whole. */
export function isCut(text: string): boolean {
  return CUT.test(text);
}

/** Splits the hunks of a changed file from the path that it was moved to. */
export function splitMove(diff: string): { diff: string; movedTo: string | null } {
  const moved = MOVED.exec(diff);
  return moved === null ? { diff, movedTo: null } : { diff: diff.slice(0, moved.index), movedTo: moved[1] ?? null };
}

/** Reads the changes of a file_change event's payload, which other runners may fill with anything. */
export function changesIn(payload: Record<string, unknown>): FileChange[] {
  return recordsIn(payload.changes).map((change) => {
    const kind = stringOr(change.kind, stringOr(recordsIn([change.kind])[0]?.type, "update"));
    const { diff, movedTo } =
      kind === "update" ? splitMove(stringOr(change.diff, "")) : { diff: stringOr(change.diff, ""), movedTo: null };
    return { path: stringOr(change.path, "?"), kind, diff, movedTo: stringOr(change.movedTo, movedTo) };
  });
}

/** Statuses of a change that was made. Events of old runners have none. */
const APPLIED = new Set(["completed", "applied", "success"]);

/** Returns whether a file_change event's changes were made: one that was declined or failed changed nothing. */
export function isApplied({ status }: Record<string, unknown>): boolean {
  return typeof status !== "string" || APPLIED.has(status);
}

/** Returns the paths that changes name, both of a moved file. */
export function pathsOf(changes: readonly FileChange[]): string[] {
  return changes.flatMap(({ path, movedTo }) => (movedTo === null ? [path] : [path, movedTo]));
}

/**
 * Returns a path of a turn's diff as the workspace has it. The diff names files from the root of the repository around
 * the workspace, while the turn's own changes name them from the workspace: the longest of these that it ends with.
 */
export function pathInWorkspace(path: string, changedPaths: readonly string[]): string {
  const matches = changedPaths.filter((changed) => path === changed || path.endsWith(`/${changed}`));
  return matches.toSorted((a, b) => b.length - a.length)[0] ?? path;
}

function recordsIn(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null);
}

function stringOr<Other>(value: unknown, other: Other): string | Other {
  return typeof value === "string" ? value : other;
}
