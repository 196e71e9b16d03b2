import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { executeNamed } from "./named";

export type NewSession = {
  sessionId: string;
  tenantId: string;
  projectId: string;
  backendProfile: string;
  title: string | null;
  payloadHash: string;
  storagePvcName: string;
  auditId: string;
};

/**
 * Inserts sessions whose volumes are to be made, with a row of audit for each. Answers the ids that were free: one that
 * is taken is left as it is.
 */
export async function insertNewSessions(tx: Tx, made: NewSession[], actor: string): Promise<string[]> {
  const rows = await executeNamed<{ sessionId: string }>(
    tx,
    sql`
    with wanted as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as wanted (
        "sessionId" text, "tenantId" text, "projectId" text, "backendProfile" text, title text, "payloadHash" text,
        "storagePvcName" text, "auditId" text)
    ), made as (
      insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, payload_hash,
        storage_kind, storage_state, storage_pvc_name)
      select "sessionId", "tenantId", "projectId", "backendProfile", title, "payloadHash", 'pvc', 'creating', "storagePvcName"
      from wanted order by "sessionId"
      on conflict (session_id) do nothing
      returning session_id
    ), audited as (
      insert into agentrun_audit (id, actor, action, tenant_id, target_kind, target_id, details)
      select "auditId", ${actor}, 'sessions.create', "tenantId", 'session', "sessionId", '{}'
      from wanted join made on made.session_id = wanted."sessionId"
    )
    select session_id as "sessionId" from made`,
  );
  return rows.map((row) => row.sessionId);
}
