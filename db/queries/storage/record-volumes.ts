import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";

export type MadeVolume = { sessionId: string; name: string; namespace: string; phase: string };

/** Records new volumes for the sessions that still wait for theirs. Returns the sessions that were updated. */
export async function recordVolumes(db: Db, made: MadeVolume[]): Promise<Set<string>> {
  const rows = await executeNamed<{ sessionId: string }>(
    db,
    sql`
    with made as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as made (
        "sessionId" text, name text, namespace text, phase text)
    ), waiting as materialized (
      select session_id from agentrun_sessions
      where session_id in (select "sessionId" from made) and storage_state = 'creating'
      order by session_id for no key update
    )
    update agentrun_sessions session set storage_kind = 'pvc', storage_state = 'live', storage_pvc_name = made.name,
      storage_namespace = made.namespace, storage_pvc_phase = made.phase
    from waiting join made on made."sessionId" = waiting.session_id
    where session.session_id = waiting.session_id
    returning session.session_id as "sessionId"`,
  );
  return new Set(rows.map(({ sessionId }) => sessionId));
}
