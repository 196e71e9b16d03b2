import { z } from "zod";
import { RecordId } from "./ids";
import { StoredOutput } from "./output-schema";
import { pageLimit } from "./page";

/** Events that one page of turns is made from: one range of their index. */
export const TURNS_EVENTS_MAX = 5_000;
const TURNS_LIMIT_MAX = 100;
/** Longer texts are cut: the conversation has them whole. */
export const TURN_TEXT_MAX = 1_200;
/** A larger output is left to its command. */
export const TURN_OUTPUT_MAX_BYTES = 16 * 1024;
/** Exit codes that are told apart for each turn. */
export const TURN_EXITS_MAX = 6;

export const ReadTurnsInput = z.strictObject({
  runId: RecordId,
  /** What an earlier page gave; it carries what was under way at that page's end. */
  cursor: z.string().min(1).max(5_500).optional(),
  /** Turns of a page that have ended, and archives, of each; a turn under way and those that wait come on top. */
  limit: pageLimit(TURNS_LIMIT_MAX),
});
export type ReadTurnsInput = z.infer<typeof ReadTurnsInput>;

const TurnText = z.object({ text: z.string(), isCut: z.boolean() });

export const RunTurn = z.object({
  /** A later page may tell of a turn again, under the same key. */
  key: z.string(),
  commandId: z.string().nullable(),
  /** `waiting`, `running`, or how it ended: `completed`, `failed`, `cancelled`, `interrupted`, `cut off`, `unknown`. */
  state: z.string(),
  failureKind: z.string().nullable(),
  /** What was asked; null where no command says so. */
  asked: TurnText.nullable(),
  /** The last thing that the agent said. */
  answer: TurnText.extend({ seq: z.number() }).nullable(),
  /** The JSON that it answered by its schema; null also where that is larger than 16 KiB: its command has it. */
  output: StoredOutput,
  /** Bytes of that JSON as text; null where there is none. */
  outputBytes: z.number().nullable(),
  askedAt: z.string().nullable(),
  /** null: it has not begun, or never did. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  startSeq: z.number().nullable(),
  endSeq: z.number().nullable(),
  /** Commands and tools that have ended, and how many of them failed. */
  toolCalls: z.number(),
  failedCalls: z.number(),
  /** Commands by the code they ended with, the first codes alone where there are many. */
  exitCodes: z.array(z.object({ code: z.number(), count: z.number() })),
  /** Patches that were applied. */
  fileChanges: z.number(),
  errors: z.number(),
  /** Tokens as the agent counted them; null where it has not said. */
  tokens: z
    .object({ input: z.number(), cachedInput: z.number(), output: z.number(), reasoning: z.number() })
    .nullable(),
});
export type RunTurn = z.infer<typeof RunTurn>;

const TurnArchive = z.object({
  seq: z.number(),
  at: z.string(),
  sizeBytes: z.number(),
  filesCount: z.number().nullable(),
});
export type TurnArchive = z.infer<typeof TurnArchive>;

export const TurnPage = z.object({
  runId: z.string(),
  /** The oldest first. */
  items: z.array(RunTurn),
  /** What was archived meanwhile: how large the session's volume was, turn by turn. */
  archives: z.array(TurnArchive),
  readSeq: z.number(),
  lastSeq: z.number(),
  /** Where the next page starts, also when there is none yet; null once the run is over and all is read. */
  cursor: z.string().nullable(),
});
export type TurnPage = z.infer<typeof TurnPage>;
