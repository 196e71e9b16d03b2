import { and, eq, inArray, sql } from "drizzle-orm";
import type { CommandState } from "@/contract/command";
import { isTerminal } from "@/contract/run";
import {
  type ReadTurnsInput,
  type RunTurn,
  TURN_OUTPUT_MAX_BYTES,
  TURN_TEXT_MAX,
  TURNS_EVENTS_MAX,
  type TurnPage,
} from "@/contract/turns";
import { readTimelineSteps } from "@/db/queries/events/read-timeline-steps";
import { commands, events } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodeFold, encodeFold } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { isoAt } from "@/server/stored";
import { type FoldedTurn, TurnFold } from "./fold";
import { startState, TurnState } from "./state";

const SEQ_MAX = 2_147_483_647;

/**
 * Returns a page of a run's turns: what was asked, how it ended, what it took and the agent's last message. It reads
 * one bounded range of the run's events; the cursor carries what was under way at its end.
 */
export async function readTurns(ctx: ServiceContext, input: ReadTurnsInput): Promise<TurnPage> {
  const run = await getRun(ctx, { runId: input.runId });
  const startingState =
    input.cursor === undefined
      ? startState(run.id, Date.parse(run.createdAt))
      : decodeFold(TurnState, run.id, input.cursor);
  const throughSeq = Math.min(startingState.seq + TURNS_EVENTS_MAX, SEQ_MAX);
  const steps = await readTimelineSteps(ctx.db, { runId: run.id, afterSeq: startingState.seq, throughSeq });
  const fold = new TurnFold(startingState);
  for (const step of steps) {
    fold.add(step);
    if (Math.max(fold.ended.length, fold.archives.length) >= input.limit) break;
  }
  const isComplete = fold.state.seq >= (steps.at(-1)?.seq ?? 0);
  // Events that do not exist are skipped.
  if (isComplete) fold.passTo(Math.min(throughSeq, run.lastEventSeq));
  const isRead = isComplete && throughSeq >= run.lastEventSeq;
  // The log may lack the end of the run: retention removed it, or an older release never wrote it.
  if (isRead && !fold.state.isOver && isTerminal(run.status)) fold.end();
  const { state } = fold;
  return {
    runId: run.id,
    items: await toRunTurns(ctx, run.id, [...fold.ended, ...fold.openTurns()]),
    archives: fold.archives,
    readSeq: state.seq,
    lastSeq: Math.max(run.lastEventSeq, state.seq),
    cursor: isRead && state.isOver ? null : encodeFold(state),
  };
}

/** Adds to the turns what was asked and answered, with two look-ups: commands by id and events by seq. */
async function toRunTurns(ctx: ServiceContext, runId: string, turns: readonly FoldedTurn[]): Promise<RunTurn[]> {
  const ids = turns.flatMap(({ commandId }) => (commandId === null ? [] : [commandId]));
  const seqs = turns.flatMap((turn) => (turn.startSeq === null || turn.answerSeq === null ? [] : [turn.answerSeq]));
  const asked = ids.length === 0 ? [] : await readCommands(ctx, runId, ids);
  const answers = seqs.length === 0 ? [] : await readAnswers(ctx, runId, seqs);
  return turns.map((turn) => {
    const command = asked.find(({ id }) => id === turn.commandId);
    const answer = turn.startSeq === null ? undefined : answers.find(({ seq }) => seq === turn.answerSeq);
    return {
      key: turn.commandId ?? `at:${turn.startSeq}`,
      commandId: turn.commandId,
      // A turn that never began ended as its command did, whatever else is known of it.
      state: turn.startSeq === null && command !== undefined && isEnded(command.state) ? command.state : turn.state,
      failureKind: command?.failureKind ?? null,
      asked: command === undefined ? null : truncate(command.text),
      output: command?.output ?? null,
      outputBytes: command?.outputBytes ?? null,
      answer: answer === undefined ? null : { ...truncate(answer.text), seq: answer.seq },
      ...toTimes(turn),
      ...toFigures(turn),
    };
  });
}

function toTimes(turn: FoldedTurn) {
  const hasStarted = turn.startSeq !== null;
  return {
    askedAt: isoAt(hasStarted ? turn.askedMs : turn.ms),
    startedAt: isoAt(hasStarted ? turn.startMs : null),
    endedAt: isoAt(turn.endMs),
    startSeq: turn.startSeq,
    endSeq: turn.endSeq,
  };
}

function toFigures(turn: FoldedTurn) {
  if (turn.startSeq === null)
    return { toolCalls: 0, failedCalls: 0, exitCodes: [], fileChanges: 0, errors: 0, tokens: null };
  const { toolCalls, failedCalls, exits, fileChanges, errors, tokens } = turn;
  const [input = 0, cachedInput = 0, output = 0, reasoning = 0] = tokens ?? [];
  const exitCodes = exits.map(([code, count]) => ({ code, count })).toSorted((a, b) => a.code - b.code);
  return {
    toolCalls,
    failedCalls,
    exitCodes,
    fileChanges,
    errors,
    tokens: tokens === null ? null : { input, cachedInput, output, reasoning },
  };
}

/** One character more than is returned, to notice a text that is too long. */
const READ_CHARS = TURN_TEXT_MAX + 1;

function readCommands(ctx: ServiceContext, runId: string, ids: string[]) {
  const text = sql<string>`coalesce(left(${commands.payload}->>'text', ${READ_CHARS}), '')`;
  const outputBytes = sql<number | null>`octet_length(${commands.output}::text)`;
  const output = sql<
    RunTurn["output"]
  >`case when ${outputBytes} <= ${TURN_OUTPUT_MAX_BYTES} then ${commands.output} end`;
  return ctx.db
    .select({ id: commands.id, state: commands.state, failureKind: commands.failureKind, text, output, outputBytes })
    .from(commands)
    .where(and(eq(commands.runId, runId), inArray(commands.id, ids)));
}

function readAnswers(ctx: ServiceContext, runId: string, seqs: number[]) {
  const { payload } = events;
  const answers = sql`coalesce(${payload}->>'text', ${payload}->>'message', ${payload}->>'content', ${payload}->>'delta')`;
  return ctx.db
    .select({ seq: events.seq, text: sql<string>`coalesce(left(${answers}, ${READ_CHARS}), '')` })
    .from(events)
    .where(and(eq(events.runId, runId), inArray(events.seq, seqs)));
}

function isEnded(state: CommandState): boolean {
  return state !== "pending" && state !== "acknowledged";
}

function truncate(text: string): { text: string; isCut: boolean } {
  const chars = [...text];
  return chars.length <= TURN_TEXT_MAX
    ? { text, isCut: false }
    : { text: chars.slice(0, TURN_TEXT_MAX).join(""), isCut: true };
}
