import { type SQL, sql } from "drizzle-orm";
import { FAILED_STATUSES, STATUS_FIELDS } from "@/contract/failed-event";
import type { Db, Tx } from "@/db/client";
import { instantValue } from "@/db/queries/sql/instant";

/** The part of a run's log to search: its first and last seq, and from which of the two to start. */
export type SearchSpan = { runId: string; firstSeq: number; lastSeq: number; isNewestFirst: boolean };

export type EventConditions = {
  text?: string;
  types?: readonly string[];
  withoutTypes?: readonly string[];
  isFailed?: boolean;
  since?: string;
  until?: string;
};

export type FoundEventRow = {
  id: string;
  seq: number;
  type: string;
  createdAt: Date;
  isFailed: boolean;
  excerpt: string;
};

/**
 * Returns the last seq of a span that one page may look at: as many payloads as fit into `bytes` in the database, and
 * at least one. Reads only their sizes.
 */
export async function lastSearchable(db: Db | Tx, span: SearchSpan, bytes: number): Promise<number | null> {
  const order = span.isNewestFirst ? sql`desc` : sql`asc`;
  const { rows } = await db.execute<{ seq: number }>(sql`
    select seq from (
      select seq, sum(size) over (order by seq ${order}) - size as before from (
        select seq, pg_column_size(payload) as size from agentrun_events where ${isIn(span)}
      ) sized
    ) counted
    where before < ${bytes} order by seq ${span.isNewestFirst ? sql`asc` : sql`desc`} limit 1`);
  return rows[0]?.seq ?? null;
}

/** Returns the events of a span that match, in the order of the search. */
export async function searchEventSpan(
  db: Db | Tx,
  span: SearchSpan,
  options: { conditions: EventConditions; limit: number; excerptMax: number },
): Promise<FoundEventRow[]> {
  const { conditions, limit, excerptMax } = options;
  const order = span.isNewestFirst ? sql`desc` : sql`asc`;
  const { rows } = await db.execute<Omit<FoundEventRow, "createdAt"> & { createdAt: string }>(sql`
    select id, seq, type, to_json(created_at) #>> '{}' as "createdAt", ${FAILED} as "isFailed",
      ${selectExcerpt(conditions.text, excerptMax)} as excerpt
    from agentrun_events where ${isIn(span)} and ${matchesAll(conditions)}
    order by seq ${order} limit ${limit}`);
  return rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt) }));
}

function isIn({ runId, firstSeq, lastSeq }: SearchSpan): SQL {
  return sql`run_id = ${runId} and seq between ${firstSeq} and ${lastSeq}`;
}

/** Conditions on columns come first: a payload is unpacked only where it must be. */
function matchesAll({ text, types, withoutTypes, isFailed, since, until }: EventConditions): SQL {
  const all = [
    types && sql`type in ${types}`,
    withoutTypes && sql`type not in ${withoutTypes}`,
    since && sql`created_at >= ${instantValue(since)}`,
    until && sql`created_at <= ${instantValue(until)}`,
    isFailed === undefined ? undefined : sql`${FAILED} = ${isFailed}`,
    text && holds(text),
  ].filter((condition) => condition !== undefined && condition !== "");
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}

/** A text as it appears in JSON, where quotes and line breaks are escaped. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

/** Whether an event contains a text, ignoring case. */
function holds(text: string): SQL {
  const pattern = (part: string) => `%${part.replace(/[\\%_]/g, "\\$&")}%`;
  const forms = [...new Set([text, inJson(text)])].map((form) => sql`payload::text ilike ${pattern(form)}`);
  return sql`(id = ${text} or type ilike ${pattern(text)} or ${sql.join(forms, sql` or `)})`;
}

/** Characters to show before the match. */
const BEFORE = 60;

function selectExcerpt(text: string | undefined, max: number): SQL {
  const about = sql`left(coalesce(nullif(concat_ws(' · ', payload->>'phase', payload->>'status', payload->>'terminalStatus',
    payload->>'failureKind', payload->>'command', coalesce(payload->>'text', payload->>'message', payload->>'tool',
    payload->>'reason'), payload->'changes'->0->>'path'), ''), payload::text), ${max})`;
  if (text === undefined || text === "") return about;
  const place = sql`greatest(position(lower(${text}) in lower(payload::text)), position(lower(${inJson(text)}) in lower(payload::text)))`;
  return sql`case when ${place} = 0 then ${about} else substr(payload::text, greatest(1, ${place} - ${BEFORE}), ${max}) end`;
}

const textAt = (name: (typeof STATUS_FIELDS)[number]) =>
  sql.raw(`case when jsonb_typeof(payload->'${name}') = 'string' then payload->>'${name}' end`);

/** The same rule as `isFailedEvent` applies to a loaded event. */
const FAILED = sql`(type = 'error' or coalesce(payload->'isError' = 'true', false)
  or coalesce(payload->'phase' = '"lease-expired"', false)
  or coalesce(jsonb_typeof(payload->'exitCode') = 'number' and payload->'exitCode' <> '0', false)
  or coalesce(coalesce(${sql.join(STATUS_FIELDS.map(textAt), sql`, `)}) in ${FAILED_STATUSES}, false))`;
