import type { FoundMessage, FoundMessagePage, SearchConversationsInput } from "@/contract/conversation";
import { isOutOfTime } from "@/db/errors";
import {
  buildTsQuery,
  countMessages,
  findAmongFew,
  findAmongNext,
  type MessagePosition,
  type MessageRow,
  type MessageSearch,
  searchBy,
} from "@/db/queries/conversations/search";
import { AtOnce } from "@/server/at-once";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodePlace, encodeCursor } from "@/server/pagination";
import { snippetOf, wordsOf } from "./words";

/** Up to so many messages that match are sorted by time. Where more match, the newest messages are read instead. */
export const FEW_MAX = 2_000;
/** Messages that one page looks at where many match. */
export const SCAN_MAX = 5_000;
/** How long the index may take to say how many match, in milliseconds. */
const COUNT_MS = 500;
const PAGE_MS = 4_000;
/** A search may hold a connection for seconds, and the pool serves all else as well. Others wait for a few of them. */
const searches = new AtOnce({ workingMax: 3, waitingMax: 12, what: "searches" });

/** Which of the two ways a search goes; its cursor keeps to it. */
type Way = "few" | "many";
export type SearchBounds = { fewMax: number; scanMax: number };

/**
 * Finds messages of people and agents that contain all words, the newest first. Words that few messages contain are
 * found by their index, however old; otherwise a page looks at a bounded number of the newest messages, so that a common
 * word costs no more than a rare one. Throws `overloaded` where too many searches wait.
 */
export async function searchConversations(
  ctx: ServiceContext,
  input: SearchConversationsInput,
  bounds: SearchBounds = { fewMax: FEW_MAX, scanMax: SCAN_MAX },
): Promise<FoundMessagePage> {
  return searches.run(() => findMessages(ctx, input, bounds));
}

async function findMessages(
  ctx: ServiceContext,
  input: SearchConversationsInput,
  { fewMax, scanMax }: SearchBounds,
): Promise<FoundMessagePage> {
  const { cursor, limit, ...filter } = input;
  const bound = tenantOf(ctx);
  // Another tenant's messages, asked for by name, are none.
  if (bound !== null && filter.tenantId !== undefined && filter.tenantId !== bound) return { items: [], cursor: null };
  const words = wordsOf(filter.text);
  const query = await buildTsQuery(ctx.db, words);
  if (query === null) return { items: [], cursor: null };
  const { sessionId = null, projectId = null } = filter;
  const from = cursor === undefined ? null : placeOf(filter, cursor);
  const owner = { tenantId: bound ?? filter.tenantId ?? null, projectId, sessionId };
  const search: MessageSearch = { query, owner, after: from?.place ?? null, limit: limit + 1 };
  const way = from?.way ?? ((await areFew(ctx, search, fewMax)) ? "few" : "many");
  const { rows, end } = await read(ctx, way, search, scanMax);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : end;
  return {
    items: shown.map((row) => toFound(row, words)),
    cursor: last ? encodeCursor(filter, [way, last.seq, last.at, last.runId]) : null,
  };
}

/** Whether few messages match; where the index cannot say so in time, many may. */
async function areFew(ctx: ServiceContext, search: MessageSearch, fewMax: number): Promise<boolean> {
  try {
    return (
      (await by(ctx, { index: "words", timeoutMs: COUNT_MS }, (tx) => countMessages(tx, search, fewMax + 1))) <= fewMax
    );
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    return false;
  }
}

async function read(
  ctx: ServiceContext,
  way: Way,
  search: MessageSearch,
  scanMax: number,
): Promise<{ rows: MessageRow[]; end: MessagePosition | null }> {
  const timeoutMs = PAGE_MS;
  if (way === "many") return by(ctx, { index: "time", timeoutMs }, (tx) => findAmongNext(tx, search, scanMax));
  return { rows: await by(ctx, { index: "words", timeoutMs }, (tx) => findAmongFew(tx, search)), end: null };
}

function by<Found>(
  ctx: ServiceContext,
  { index, timeoutMs }: { index: "words" | "time"; timeoutMs: number },
  work: (tx: TxContext["db"]) => Promise<Found>,
): Promise<Found> {
  const search = async ({ db }: TxContext) => {
    await searchBy(db, index, timeoutMs);
    return work(db);
  };
  // Each query is planned for its own words.
  return inTx(ctx, search, { keepsPlans: false });
}

function placeOf(filter: object, cursor: string): { way: Way; place: MessagePosition } {
  const [way, seq, at, runId] = decodePlace(filter, cursor, 4);
  const isWay = way === "few" || way === "many";
  if (!isWay || typeof seq !== "number" || typeof at !== "string" || typeof runId !== "string")
    throw new InvalidCursorError("the cursor is damaged");
  return { way, place: { at, runId, seq } };
}

function toFound(row: MessageRow, words: readonly string[]): FoundMessage {
  const { sessionId, title, runId, commandId, seq, speaker: who, atMs, text } = row;
  const at = new Date(atMs).toISOString();
  return { sessionId, title, runId, commandId, seq, who, at, snippet: snippetOf(text, words) };
}
