import { type SQL, sql } from "drizzle-orm";
import type { CONVERSATION_SPEAKERS } from "@/contract/conversation";
import type { Db, Tx } from "@/db/client";

/** null: of every tenant, project or session. */
export type MessageOwner = { tenantId: string | null; projectId: string | null; sessionId: string | null };
/** Where a page begins: below the last message of the one before, whose instant is as the database printed it. */
export type MessagePosition = { at: string; runId: string; seq: number };
/** `query`: a tsquery. */
export type MessageSearch = { query: string; owner: MessageOwner; after: MessagePosition | null; limit: number };

export type MessageRow = {
  sessionId: string;
  title: string | null;
  runId: string;
  commandId: string | null;
  seq: number;
  speaker: (typeof CONVERSATION_SPEAKERS)[number];
  /** As the database prints it, exact to the microsecond. */
  at: string;
  atMs: number;
  text: string;
};

/** A last word of so many characters may be only the beginning of one. Shorter ones begin too many words. */
export const PREFIX_MIN = 3;

/**
 * Returns the query that messages must satisfy: all words, as the index takes them apart. null: nothing of them is
 * indexed. Made without PostgreSQL's parser of queries, which asks for parts of a word as a phrase.
 */
export async function buildTsQuery(db: Db | Tx, words: readonly string[]): Promise<string | null> {
  const { rows } = await db.execute<{ lexeme: string; place: number }>(sql`
    select lexeme, place::int as place
    from unnest(${sql.param([...words])}::text[]) with ordinality as typed (word, place),
      unnest(tsvector_to_array(to_tsvector('simple', word))) lexeme
    order by place`);
  const last = rows.at(-1);
  if (last === undefined) return null;
  const isPrefix = last.place === words.length && [...last.lexeme].length >= PREFIX_MIN;
  const quoted = rows.map(({ lexeme }) => `'${lexeme.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`);
  return quoted.join(" & ") + (isPrefix ? ":*" : "");
}

/** The same index answers who owns a message. */
function isOwnedBy({ tenantId, projectId, sessionId }: MessageOwner): SQL {
  const owners = [
    tenantId === null ? [] : [`t:${tenantId}`],
    projectId === null ? [] : [`p:${projectId}`],
    sessionId === null ? [] : [`s:${sessionId}`],
  ].flat();
  return owners.length === 0 ? sql`true` : sql`said.owners @> ${sql.param(owners)}::text[]`;
}

function isBelow(after: MessagePosition | null): SQL {
  if (after === null) return sql`true`;
  return sql`(said.at, said.run_id, said.seq) < (${after.at}::timestamptz, ${after.runId}::text, ${after.seq}::int)`;
}

/**
 * Has the statements of this transaction use the index of words, or else the one of time, whatever PostgreSQL expects
 * of a query: it cannot know which words stand together.
 */
export async function searchBy(tx: Tx, index: "words" | "time", timeoutMs: number): Promise<void> {
  await tx.execute(sql`
    select set_config('enable_seqscan', 'off', true), set_config('statement_timeout', ${`${timeoutMs}ms`}, true),
      set_config('enable_bitmapscan', ${index === "time" ? "off" : "on"}, true)`);
}

/** Counts the messages that match, up to `max`, by the index of words; `searchBy` comes first. */
export async function countMessages(tx: Tx, { query, owner }: MessageSearch, max: number): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from agentrun_conversation_texts said where said.words @@ ${query}::tsquery and ${isOwnedBy(owner)} limit ${max}) few`);
  return rows[0]?.count ?? 0;
}

const NEWEST = sql`order by said.at desc, said.run_id desc, said.seq desc`;

/** Looks each session up by itself: PostgreSQL expects more messages than there are, and would read all sessions. */
const IS_KEPT = sql`(select session.deleted_at is null from agentrun_sessions session
  where session.session_id = said.session_id)`;

/** Reads the messages of a page whole. */
const OF_PAGE = sql`
  select said.session_id as "sessionId",
    (select title from agentrun_sessions session where session.session_id = said.session_id) as title,
    said.run_id as "runId", said.command_id as "commandId", said.seq, said.speaker, said.at::text as at,
    (extract(epoch from said.at) * 1000)::float8 as "atMs", said.text
  from page join agentrun_conversation_texts said on said.run_id = page.run_id and said.seq = page.seq
  ${NEWEST}`;

/**
 * Returns the newest messages of few that match; `searchBy` comes first. Where the page begins is asked of those few
 * alone, so that PostgreSQL does not read all older messages for it.
 */
export async function findAmongFew(tx: Tx, search: MessageSearch): Promise<MessageRow[]> {
  const { query, owner, after, limit } = search;
  const { rows } = await tx.execute<MessageRow>(sql`
    with few as materialized (
      select said.run_id, said.seq, said.at, said.session_id from agentrun_conversation_texts said
      where said.words @@ ${query}::tsquery and ${isOwnedBy(owner)}),
    page as materialized (
      select said.run_id, said.seq from few said where ${isBelow(after)} and ${IS_KEPT} ${NEWEST} limit ${limit})
    ${OF_PAGE}`);
  return rows;
}

/**
 * Returns the newest messages that match of the next `scanMax` messages, and the last of those; `end` is null where
 * there are no more.
 */
export async function findAmongNext(
  tx: Tx,
  search: MessageSearch,
  scanMax: number,
): Promise<{ rows: MessageRow[]; end: MessagePosition | null }> {
  const { query, owner, after, limit } = search;
  const { tenantId, sessionId } = owner;
  const isListed = sql`${isBelow(after)}
    and ${sessionId === null ? sql`true` : sql`said.session_id = ${sessionId}`}
    and ${tenantId === null ? sql`true` : sql`said.tenant_id = ${tenantId}`}`;
  const ends = await tx.execute<MessagePosition>(sql`
    select said.at::text as at, said.run_id as "runId", said.seq from agentrun_conversation_texts said
    where ${isListed} ${NEWEST} offset ${scanMax - 1} limit 1`);
  const end = ends.rows[0] ?? null;
  const isWithin =
    end === null
      ? sql`true`
      : sql`(said.at, said.run_id, said.seq) >= (${end.at}::timestamptz, ${end.runId}::text, ${end.seq}::int)`;
  const { rows } = await tx.execute<MessageRow>(sql`
    with page as materialized (
      select said.run_id, said.seq from agentrun_conversation_texts said
      where ${isListed} and ${isWithin} and said.words @@ ${query}::tsquery and ${isOwnedBy(owner)} and ${IS_KEPT}
      ${NEWEST} limit ${limit})
    ${OF_PAGE}`);
  return { rows, end };
}
