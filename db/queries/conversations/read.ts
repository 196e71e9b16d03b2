import { sql } from "drizzle-orm";
import type { CONVERSATION_SPEAKERS } from "@/contract/conversation";
import type { Db, Tx } from "@/db/client";

/** How far the changes of sessions were followed, with the epoch in which that place is valid. */
export type ConversationPosition = { epoch: string; xid: string; version: number };
export type ChangedSession = { sessionId: string; xid: string; version: number };

/**
 * Returns how far the changes of sessions were followed. A database that nobody has followed yet, or that was restored
 * from a dump, starts at its oldest session, so that whatever it holds is read once.
 */
export async function readConversationPosition(db: Db | Tx): Promise<ConversationPosition> {
  const known = await findConversationPosition(db);
  if (known !== null) return known;
  await db.execute(sql`
    insert into agentrun_conversation_feed as known (epoch, xid, version)
    values (coalesce((select epoch from agentrun_feed_epoch), 'none'), '0', -1)
    on conflict (is_only) do update set epoch = excluded.epoch, xid = excluded.xid, version = excluded.version
    where known.epoch <> excluded.epoch`);
  const place = await findConversationPosition(db);
  if (place === null) throw new Error("the place of conversations vanished");
  return place;
}

/** Looks first, because an idle worker polls every few seconds and an upsert that changes nothing still writes. */
async function findConversationPosition(db: Db | Tx): Promise<ConversationPosition | null> {
  const { rows } = await db.execute<ConversationPosition>(sql`
    select feed.epoch, feed.xid::text as xid, feed.version::float8 as version from agentrun_conversation_feed feed
    where feed.epoch = coalesce((select epoch from agentrun_feed_epoch), 'none')`);
  return rows[0] ?? null;
}

/**
 * Returns sessions that changed after a place, in the order of their transactions, deleted ones included. Everything
 * lies below the oldest open transaction, so a change that is committed late is never behind the place.
 */
export async function readChangedSessions(
  db: Db | Tx,
  place: ConversationPosition,
  limit: number,
): Promise<ChangedSession[]> {
  const { rows } = await db.execute<ChangedSession>(sql`
    select session_id as "sessionId", change_xid::text as xid, version::float8 as version
    from agentrun_sessions changed
    where (changed.change_xid, changed.version) > (${place.xid}::xid8, ${place.version}::bigint)
      and changed.change_xid < pg_snapshot_xmin(pg_current_snapshot())
    order by changed.change_xid, changed.version limit ${limit}`);
  return rows;
}

/** Moves the place, unless another worker has moved it; returns whether it was moved. */
export async function moveConversationPosition(
  db: Db | Tx,
  from: ConversationPosition,
  to: Pick<ConversationPosition, "xid" | "version">,
): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    update agentrun_conversation_feed set xid = ${to.xid}::xid8, version = ${to.version}::bigint
    where epoch = ${from.epoch} and xid = ${from.xid}::xid8 and version = ${from.version}::bigint`);
  return rowCount === 1;
}

/**
 * A run with events after those that were read for messages. `commandId`: the turn under way there; `place`: which of
 * the sessions asked for it is of, from 1.
 */
export type UnreadRun = {
  place: number;
  runId: string;
  sessionId: string;
  tenantId: string;
  projectId: string;
  seq: number;
  commandId: string | null;
  lastSeq: number;
};

/**
 * Returns the runs of these sessions that have unread events, in the order of the sessions: at most so many, after a
 * run. Deleted sessions have none.
 */
export async function readUnreadRuns(
  db: Db | Tx,
  sessionIds: readonly string[],
  limit: number,
  after: Pick<UnreadRun, "place" | "runId"> = { place: 0, runId: "" },
): Promise<UnreadRun[]> {
  const { rows } = await db.execute<UnreadRun>(sql`
    select named.place::int as place, run.id as "runId", session.session_id as "sessionId",
      session.tenant_id as "tenantId", session.project_id as "projectId", coalesce(read.seq, 0) as seq,
      read.command_id as "commandId", run.last_event_seq as "lastSeq"
    from unnest(${sql.param([...sessionIds])}::text[]) with ordinality as named (session_id, place)
    join agentrun_sessions session on session.session_id = named.session_id and session.deleted_at is null
    join agentrun_runs run on run.session_id = session.session_id
    left join agentrun_conversation_reads read on read.run_id = run.id
    where run.last_event_seq > coalesce(read.seq, 0)
      and (named.place, run.id) > (${after.place}::bigint, ${after.runId}::text)
    order by named.place, run.id limit ${limit}`);
  return rows;
}

/** An event that holds a message, or the start of a turn. */
export type SpokenEvent = { seq: number; at: string; type: string; text: string | null; commandId: string | null };

/**
 * Returns what was said in a range of a run's events, and the turns that began there. Leaves out sub-agents, and all
 * that tools print.
 */
export async function readSpokenEvents(
  db: Db | Tx,
  span: { runId: string; afterSeq: number; throughSeq: number },
  textMax: number,
): Promise<SpokenEvent[]> {
  const textField = (name: string) =>
    sql.raw(`case when jsonb_typeof(payload->'${name}') = 'string' then payload->>'${name}' end`);
  const { rows } = await db.execute<SpokenEvent>(sql`
    select seq, created_at::text as at, type,
      left(coalesce(${textField("text")}, ${textField("message")}, ${textField("content")}), ${textMax}) as text,
      ${textField("commandId")} as "commandId"
    from agentrun_events
    where run_id = ${span.runId} and seq > ${span.afterSeq} and seq <= ${span.throughSeq}
      and (type in ('user_message', 'assistant_message') and payload->>'agentThreadId' is null
        or type = 'backend_status' and payload->>'phase' = 'turn-started')
    order by seq`);
  return rows;
}

export type MessageText = {
  seq: number;
  commandId: string | null;
  speaker: (typeof CONVERSATION_SPEAKERS)[number];
  at: string;
  text: string;
};

/**
 * Stores what was said up to a seq of a run, once, and how far it was read. Stores nothing where the run was removed
 * meanwhile. Must run in a transaction: the lock keeps the run until its commit, and does not wait for its appenders.
 */
export async function storeMessages(
  tx: Tx,
  run: UnreadRun,
  read: { seq: number; commandId: string | null; said: readonly MessageText[] },
): Promise<void> {
  const { runId, tenantId, projectId, sessionId } = run;
  const { rowCount } = await tx.execute(sql`select from agentrun_runs where id = ${runId} for key share`);
  if (rowCount === 0) return;
  if (read.said.length > 0)
    await tx.execute(sql`
      insert into agentrun_conversation_texts
        (run_id, seq, tenant_id, project_id, session_id, command_id, speaker, at, text)
      select ${runId}, said.seq, ${tenantId}, ${projectId}, ${sessionId}, said."commandId", said.speaker, said.at, said.text
      from jsonb_to_recordset(${JSON.stringify(read.said)}::jsonb)
        as said (seq int, "commandId" text, speaker text, at timestamptz, text text)
      on conflict (run_id, seq) do nothing`);
  await tx.execute(sql`
    insert into agentrun_conversation_reads as known (run_id, seq, command_id)
    values (${runId}, ${read.seq}, ${read.commandId})
    on conflict (run_id) do update set seq = excluded.seq, command_id = excluded.command_id
    where known.seq < excluded.seq`);
}
