import { z } from "zod";
import { TURN_EXITS_MAX } from "@/contract/turns";

/** How many waiting turns are carried from page to page: the cursor travels in an address. */
export const ASKED_MAX = 16;
/** Ids of this form are short enough to be carried; a turn with any other has no id here. */
export const CARRIED_ID = /^[\w.:-]{1,128}$/;

const Ms = z.int().min(-8.64e15).max(8.64e15);
const Seq = z.int().min(0).max(2_147_483_647);
const Id = z.string().regex(CARRIED_ID);

const OpenTurn = z.strictObject({
  commandId: Id.nullable(),
  askedMs: Ms.nullable(),
  startMs: Ms,
  startSeq: Seq,
  /** The seq of its last message. */
  answerSeq: Seq.nullable(),
  toolCalls: Seq,
  failedCalls: Seq,
  exits: z.array(z.tuple([z.int(), Seq])).max(TURN_EXITS_MAX),
  fileChanges: Seq,
  errors: Seq,
  tokens: z.array(z.int().min(0)).length(4).nullable(),
  /** What the runner said of its end, until the command's own end follows. */
  done: z.strictObject({ ms: Ms, seq: Seq, how: z.string().max(64) }).nullable(),
});
export type OpenTurn = z.infer<typeof OpenTurn>;

const AskedTurn = z.strictObject({ commandId: Id, ms: Ms });
export type AskedTurn = z.infer<typeof AskedTurn>;

/** How far a run's events have been read, and what was under way there. */
export const TurnState = z.strictObject({
  runId: z.string().max(256),
  seq: Seq,
  atMs: Ms,
  open: OpenTurn.nullable(),
  /** Turns that were asked for and have not begun, the oldest first. */
  asked: z.array(AskedTurn).max(ASKED_MAX),
  isOver: z.boolean(),
});
export type TurnState = z.infer<typeof TurnState>;

/** The state before a run's first event. */
export function startState(runId: string, startMs: number): TurnState {
  return { runId, seq: 0, atMs: startMs, open: null, asked: [], isOver: false };
}
