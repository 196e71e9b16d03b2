import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** What the row of a session or run said from a moment on. */
export type Moment = {
  /** Milliseconds, with the microseconds as a fraction. */
  at: number;
  kind: "session" | "run";
  id: string;
  sessionId: string | null;
  /** storage_state of a session, status of a run. */
  state: string;
  isPinned: boolean;
  isDeleted: boolean;
  /** In the same unit as `at`; null: it never expires. */
  expiresAt: number | null;
  /** The transaction that made the change, as `xmin` of a row names the one that inserted it. */
  transaction: string;
};

/**
 * Makes the database itself record every state of sessions and runs, by its own clock, under the locks that the changes
 * hold. So no writer can leave one out, and a row's moments are in the order of its commits.
 */
export async function recordHistory(db: Db): Promise<void> {
  await db.execute(sql`
    create table test_history (
      n bigserial primary key, at timestamptz not null default clock_timestamp(), kind text not null, id text not null,
      session_id text, state text not null, is_pinned boolean not null, is_deleted boolean not null,
      expires_at timestamptz, transaction text not null default pg_current_xact_id()::xid::text)`);
  await db.execute(sql`
    create function test_note_session() returns trigger language plpgsql as $$ begin
      insert into test_history (kind, id, session_id, state, is_pinned, is_deleted, expires_at) values
        ('session', new.session_id, new.session_id, new.storage_state, new.pinned_at is not null, new.deleted_at is not null,
          new.expires_at);
      return null; end $$`);
  await db.execute(sql`
    create function test_note_run() returns trigger language plpgsql as $$ begin
      insert into test_history (kind, id, session_id, state, is_pinned, is_deleted) values
        ('run', new.id, new.session_id, new.status, false, false);
      return null; end $$`);
  await db.execute(sql`
    create trigger test_note after insert or update on agentrun_sessions for each row execute function test_note_session()`);
  await db.execute(sql`
    create trigger test_note after insert or update on agentrun_runs for each row execute function test_note_run()`);
}

export async function readHistory(db: Db): Promise<Moment[]> {
  const { rows } = await db.execute<Moment>(sql`
    select extract(epoch from at)::float8 * 1000 as at, kind, id, session_id as "sessionId", state, is_pinned as "isPinned", is_deleted as "isDeleted",
      extract(epoch from expires_at)::float8 * 1000 as "expiresAt", transaction
    from test_history order by n`);
  return rows;
}
