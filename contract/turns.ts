import { z } from "zod";
import { RecordId } from "./ids";
import { StoredOutput } from "./output-schema";
import { pageLimit } from "./page";

/** Maximum events that one page of turns is made from: one range of their index. */
export const TURNS_EVENTS_MAX = 5_000;
const TURNS_LIMIT_MAX = 100;
/** Longer texts are cut; the conversation has them in full. */
export const TURN_TEXT_MAX = 1_200;
/** A larger output is left out; its command has it. */
export const TURN_OUTPUT_MAX_BYTES = 16 * 1024;
/** Maximum distinct exit codes listed for each turn. */
export const TURN_EXITS_MAX = 6;

export const ReadTurnsInput = z.strictObject({
  runId: RecordId,
  /** The cursor of an earlier page. It carries what was in progress at that page's end. */
  cursor: z.string().min(1).max(5_500).optional(),
  /** Limits ended turns and archives separately. Running and waiting turns are returned in addition. */
  limit: pageLimit(TURNS_LIMIT_MAX),
});
export type ReadTurnsInput = z.infer<typeof ReadTurnsInput>;

const TurnText = z.object({ text: z.string(), isCut: z.boolean() });

export const RunTurn = z.object({
  /** A later page may return a turn again, under the same key. */
  key: z.string(),
  commandId: z.string().nullable(),
  /** `waiting`, `running`, or how it ended: `completed`, `failed`, `cancelled`, `interrupted`, `cut off`, `unknown`. */
  state: z.string(),
  failureKind: z.string().nullable(),
  /** What was asked; null where no command says so. */
  asked: TurnText.nullable(),
  /** The last thing that the agent said. */
  answer: TurnText.extend({ seq: z.number() }).nullable(),
  /**
   * The JSON that it answered by its schema; null also where that is larger than 16 KiB, in which case its command has
   * it.
   */
  output: StoredOutput,
  /** Size of that JSON as text, in bytes; null where there is none. */
  outputBytes: z.number().nullable(),
  askedAt: z.string().nullable(),
  /** null: the turn has not begun, or never did. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  startSeq: z.number().nullable(),
  endSeq: z.number().nullable(),
  /** Commands and tools that have ended, and how many of them failed. */
  toolCalls: z.number(),
  failedCalls: z.number(),
  /** Number of commands by exit code; only the first codes where there are many. */
  exitCodes: z.array(z.object({ code: z.number(), count: z.number() })),
  /** Number of applied patches. */
  fileChanges: z.number(),
  errors: z.number(),
  /** Tokens as the agent counted them; null where it reported none. */
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
  /** Oldest first. */
  items: z.array(RunTurn),
  /** The archives made meanwhile: the size of the session's volume after each turn. */
  archives: z.array(TurnArchive),
  readSeq: z.number(),
  lastSeq: z.number(),
  /** Where the next page starts, even when there is none yet; null once the run has ended and everything is read. */
  cursor: z.string().nullable(),
});
export type TurnPage = z.infer<typeof TurnPage>;
