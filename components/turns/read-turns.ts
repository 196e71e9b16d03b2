import type { Run } from "@/contract/run";
import type { RunTurn, TurnPage } from "@/contract/turns";

/** What was read of a run's turns. */
export type ReadRun = {
  turns: readonly RunTurn[];
  cursor: string | null;
  readSeq: number;
  lastSeq: number;
};

/** A turn of a session, counted through all of its runs. */
export type NumberedTurn = RunTurn & { runId: string; number: number };

type FetchPage = (cursor: string | null) => Promise<TurnPage>;

/**
 * Reads a run's turns on from where they were left, until all that there is was read, or as many events as are allowed.
 * Of a run that is over and read nothing is asked again.
 */
export async function readOn(previous: ReadRun | undefined, seqMax: number, fetchPage: FetchPage): Promise<ReadRun> {
  if (previous !== undefined && (previous.cursor === null || previous.readSeq >= seqMax)) return previous;
  let read: ReadRun = previous ?? { turns: [], cursor: null, readSeq: 0, lastSeq: 0 };
  for (;;) {
    const page = await fetchPage(read.cursor);
    const { cursor, readSeq, lastSeq } = page;
    read = { turns: mergeTurns(read.turns, page.items), cursor, readSeq, lastSeq };
    if (cursor === null || readSeq >= lastSeq || readSeq >= seqMax) return read;
  }
}

/** Turns with what a later page tells of them, in the order in which they began; those that wait come last. */
export function mergeTurns(current: readonly RunTurn[], newer: readonly RunTurn[]): RunTurn[] {
  const turns = new Map(current.map((turn) => [turn.key, turn]));
  for (const turn of newer) turns.set(turn.key, turn);
  return [...turns.values()].toSorted((a, b) => sortKeyOf(a) - sortKeyOf(b));
}

function sortKeyOf(turn: RunTurn): number {
  return turn.startSeq ?? turn.endSeq ?? Number.MAX_SAFE_INTEGER;
}

/** How far into each run is read, the oldest first, so that all together are no more than so many events. */
export function allot(runs: readonly Pick<Run, "id" | "lastEventSeq">[], eventsMax: number): Map<string, number> {
  const allotted = new Map<string, number>();
  let left = eventsMax;
  for (const run of runs) {
    allotted.set(run.id, Math.max(0, left));
    left -= run.lastEventSeq;
  }
  return allotted;
}
