import type { FileDiff } from "@/components/conversation/diff";
import type { NumberedTurn } from "@/components/turns/read-turns";

export const SIDES = ["left", "right"] as const;
export type SideName = (typeof SIDES)[number];
export type Both<Value> = Record<SideName, Value>;

export type TurnPair = { number: number; left: NumberedTurn | null; right: NumberedTurn | null; isSameAsked: boolean };

/** The first turn beside the first, and so on; the longer side goes on alone. */
export function pairTurns({ left, right }: Both<readonly NumberedTurn[]>): TurnPair[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [leftTurn = null, rightTurn = null] = [left[index], right[index]];
    const isSameAsked = leftTurn !== null && rightTurn !== null && wordsOf(leftTurn) === wordsOf(rightTurn);
    return { number: index + 1, left: leftTurn, right: rightTurn, isSameAsked };
  });
}

function wordsOf(turn: NumberedTurn): string {
  return (turn.asked?.text ?? "").replaceAll(/\s+/g, " ").trim();
}

export type Sums = {
  turns: number;
  failedTurns: number;
  /** Time that turns took, waits for a runner left out. */
  workedMs: number;
  /** From the first message to the last turn's end, or to now. */
  wholeMs: number;
  toolCalls: number;
  failedCalls: number;
  exitCodes: Map<number, number>;
  fileChanges: number;
  errors: number;
};

/** How a turn ended that did not end well. */
export const FAILED_OUTCOMES: ReadonlySet<string> = new Set(["failed", "cut off"]);

/** What turns add up to, at a moment. */
export function sumTurns(turns: readonly NumberedTurn[], nowMs: number): Sums {
  const of = (pick: (turn: NumberedTurn) => number) => turns.reduce((sum, turn) => sum + pick(turn), 0);
  const exitCodes = new Map<number, number>();
  for (const { code, count } of turns.flatMap((turn) => turn.exitCodes))
    if (code !== 0) exitCodes.set(code, (exitCodes.get(code) ?? 0) + count);
  const first = turns[0];
  const endMs = Math.max(...turns.map((turn) => endMsOf(turn, nowMs)), Number.NEGATIVE_INFINITY);
  return {
    turns: turns.length,
    failedTurns: turns.filter((turn) => FAILED_OUTCOMES.has(turn.state)).length,
    workedMs: of((turn) => lengthOf(turn, nowMs) ?? 0),
    wholeMs: first === undefined ? 0 : Math.max(0, endMs - startMsOf(first)),
    toolCalls: of((turn) => turn.toolCalls),
    failedCalls: of((turn) => turn.failedCalls),
    exitCodes: new Map([...exitCodes].toSorted(([a], [b]) => a - b)),
    fileChanges: of((turn) => turn.fileChanges),
    errors: of((turn) => turn.errors),
  };
}

/** When it was asked for, or began where nobody said that. */
export function startMsOf(turn: NumberedTurn): number {
  return Date.parse(turn.askedAt ?? turn.startedAt ?? "");
}

export function endMsOf(turn: NumberedTurn, nowMs: number): number {
  return turn.endedAt === null ? Math.max(nowMs, startMsOf(turn)) : Date.parse(turn.endedAt);
}

/** How long a turn took; null where it has not begun. */
export function lengthOf(turn: NumberedTurn, nowMs: number): number | null {
  if (turn.startedAt === null) return null;
  return Math.max(0, endMsOf(turn, nowMs) - Date.parse(turn.startedAt));
}

export type FilePair = { path: string; left: FileDiff | null; right: FileDiff | null; isSame: boolean };

/** The files that both changed, and those that one alone did. */
export function pairFiles({ left, right }: Both<readonly FileDiff[]>): {
  both: FilePair[];
  left: FilePair[];
  right: FilePair[];
} {
  const byPath = (files: readonly FileDiff[]) => new Map(files.map((file) => [file.path, file]));
  const [leftByPath, rightByPath] = [byPath(left), byPath(right)];
  const paths = [...new Set([...leftByPath.keys(), ...rightByPath.keys()])].sort();
  const pairs = paths.map((path): FilePair => {
    const one = leftByPath.get(path) ?? null;
    const other = rightByPath.get(path) ?? null;
    return { path, left: one, right: other, isSame: one !== null && other !== null && linesOf(one) === linesOf(other) };
  });
  return {
    both: pairs.filter((pair) => pair.left !== null && pair.right !== null),
    left: pairs.filter((pair) => pair.right === null),
    right: pairs.filter((pair) => pair.left === null),
  };
}

/** What was added and taken away, in order: where in the file it stands may differ. */
function linesOf(file: FileDiff): string {
  return file.rows
    .filter(({ kind }) => kind === "added" || kind === "removed")
    .map(({ kind, text }) => `${kind} ${text}`)
    .join("\n");
}

const ALIKE = 1.05;

/** Which of two amounts is more, and by how much: `2.1× more (left)`; null where they are alike. */
export function moreWords({ left, right }: Both<number>, comparativeWords = "more"): string | null {
  const [side, larger, smaller]: [SideName, number, number] =
    left >= right ? ["left", left, right] : ["right", right, left];
  if (larger === smaller || (smaller > 0 && larger / smaller < ALIKE)) return null;
  if (smaller <= 0) return `only ${side}`;
  const times = larger / smaller;
  const shown = times < 10 ? times.toFixed(1).replace(/\.0$/, "") : Math.round(times).toLocaleString("en");
  return `${shown}× ${comparativeWords} (${side})`;
}
