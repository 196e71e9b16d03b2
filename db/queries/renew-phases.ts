import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";

export type SeenPhase = { name: string; phase: string };

/**
 * Updates the phases of sessions' volumes to what their provider reports. Only rows that differ are written, since each
 * write is sent to everybody who follows the session; a locked row waits for the next look. The change gives nobody
 * anything to read: whoever had read all of a session before still has. Returns the sessions that were changed.
 */
export async function renewPhases(db: Db, seen: SeenPhase[]): Promise<string[]> {
  const rows = await executeNamed<{ sessionId: string }>(
    db,
    sql`
    with seen as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(seen)}::jsonb) as seen (name text, phase text)
    ), stale as materialized (
      select session.session_id, session.version, seen.phase
      from seen join agentrun_sessions session on session.storage_pvc_name = seen.name
      where session.deleted_at is null and session.storage_pvc_phase is distinct from seen.phase
        and (session.storage_state in ('live', 'archiving', 'restoring')
          -- One that is on its way out can only go: that it is gone is recorded as its eviction.
          or (session.storage_state = 'deleting' and seen.phase <> 'Lost'))
      order by session.session_id for no key update of session skip locked
    ), renewed as (
      update agentrun_sessions session set storage_pvc_phase = stale.phase
      from stale where session.session_id = stale.session_id
      returning session.session_id, session.version, stale.version as version_before
    ), still_read as (
      update agentrun_session_read_cursors cursor set session_version = renewed.version
      from renewed
      where cursor.session_id = renewed.session_id and cursor.session_version = renewed.version_before
    )
    select session_id as "sessionId" from renewed`,
  );
  return rows.map(({ sessionId }) => sessionId);
}
