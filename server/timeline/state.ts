import { z } from "zod";
import { TIMELINE_CAUSES, TIMELINE_LANES, type TimelineCause } from "@/contract/timeline";
import type { RunRow } from "@/db/schema";

/** The state travels from page to page in an address, so its size is bounded. */
export const OPEN_MAX = 8;
export const NAMES_MAX = 12;
export const LABEL_MAX = 48;
export const NAME_MAX = 40;

const Ms = z.int().min(-8.64e15).max(8.64e15);
const Seq = z.int().min(0).max(2_147_483_647);
const Name = z.string().max(NAME_MAX);
const OpenSpan = z.strictObject({
  /** The name by which its end is found; null: its end names nothing. */
  name: Name.nullable(),
  lane: z.enum(TIMELINE_LANES),
  kind: z.enum(["attempt", "turn", "command", "tool", "files", "approval"]),
  label: z.string().max(LABEL_MAX),
  atMs: Ms,
  seq: Seq,
});
export type OpenSpan = z.infer<typeof OpenSpan>;

/** How far a run's events have been read, and what was under way there. */
export const FoldState = z.strictObject({
  runId: z.string().max(256),
  startMs: Ms,
  seq: Seq,
  atMs: Ms,
  /** The current stretch. */
  cause: z.enum(TIMELINE_CAUSES),
  causeMs: Ms,
  causeSeq: Seq,
  totals: z.record(z.enum(TIMELINE_CAUSES), z.int().min(0)),
  open: z.array(OpenSpan).max(OPEN_MAX),
  /** Turns that were asked for and have not ended, the oldest first. */
  asked: z.array(Name).max(NAMES_MAX),
  /** Which of the asked turns the open turn belongs to, if known. */
  turnOf: Name.nullable(),
  /** Runners that have claimed. The launches of all others still wait. */
  claimed: z.array(Name).max(NAMES_MAX),
  attempts: Seq,
  turns: Seq,
  /** Where the last turn ended, until what it left is archived. */
  turnEnd: z.strictObject({ ms: Ms, seq: Seq }).nullable(),
  endMs: Ms.nullable(),
});
export type FoldState = z.infer<typeof FoldState>;

/** The state before a run's first event. */
export function startState(run: Pick<RunRow, "id">, startMs: number): FoldState {
  const totals = Object.fromEntries(TIMELINE_CAUSES.map((cause) => [cause, 0])) as Record<TimelineCause, number>;
  return {
    runId: run.id,
    startMs,
    seq: 0,
    atMs: startMs,
    cause: "idle",
    causeMs: startMs,
    causeSeq: 0,
    totals,
    open: [],
    asked: [],
    turnOf: null,
    claimed: [],
    attempts: 0,
    turns: 0,
    turnEnd: null,
    endMs: null,
  };
}
