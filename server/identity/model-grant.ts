import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";
import { hashToken, isTokenShaped } from "./token";

/** What a model token allows: calling the model of one profile while its run is held with its epoch. */
export type ModelGrant = {
  runId: string;
  tenantId: string;
  projectId: string;
  sessionId: string | null;
  taskId: string | null;
  profile: string;
  leaseEpoch: number;
  /** The model that the run asks for instead of its profile's; null: none. */
  model: string | null;
  /** Whether request and answer bodies are to be logged. */
  isLogged: boolean;
};

/** Returns the grant of a model token; null: the token allows nothing, or its run or epoch has ended. */
export async function findModelGrant(db: Db, token: string): Promise<ModelGrant | null> {
  if (!isTokenShaped(token)) return null;
  const rows = await executeNamed<ModelGrant>(
    db,
    sql`select token.run_id as "runId", run.tenant_id as "tenantId", run.project_id as "projectId",
        run.session_id as "sessionId", run.task_id as "taskId", token.backend_profile as "profile",
        token.lease_epoch as "leaseEpoch", run.execution_policy ->> 'model' as model,
        coalesce(run.bodies_logged_until > clock_timestamp(), false) as "isLogged"
      from agentrun_tokens token join agentrun_runs run on run.id = token.run_id
      where token.hash = ${hashToken(token)} and token.kind = 'model' and token.revoked_at is null
        and run.terminal_status is null and run.lease_epoch = token.lease_epoch`,
  );
  return rows[0] ?? null;
}
