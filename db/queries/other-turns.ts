import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";

/**
 * Whether `run` was made by no task and has a waiting or running turn. Such a turn takes a place under its profile's
 * limit.
 */
export const HAS_OTHER_TURN: SQL = sql`run.status in ('pending', 'claimed') and run.task_id is null
  and exists (select from agentrun_commands command where command.run_id = run.id
    and command.type = 'turn' and command.state in ('pending', 'acknowledged'))`;

/** Counts such turns for each profile, of a tenant or of all; a profile without any is left out. */
export function readOtherTurns(
  db: Db | Tx,
  tenantId: string | null,
): Promise<{ backendProfile: string; turns: number }[]> {
  return executeNamed(
    db,
    sql`
    select run.backend_profile as "backendProfile", count(*)::int as turns from agentrun_runs run
    where ${HAS_OTHER_TURN} ${tenantId === null ? sql`` : sql`and run.tenant_id = ${tenantId}`}
    group by run.backend_profile`,
  );
}
