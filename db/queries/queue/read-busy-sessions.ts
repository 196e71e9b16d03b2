import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import { countedIn, covers } from "@/db/queries/usage/measure-budgets";

/** The columns by which a budget covers a session, and those by which its unit counts what a session has used. */
const OF_SESSION = {
  tenantId: sql`session.tenant_id`,
  projectId: sql`session.project_id`,
  backendProfile: sql`session.backend_profile`,
};
const USED = {
  tokens: sql`used.input_tokens + used.output_tokens`,
  currency: sql`used.currency`,
  micros: sql`used.cost_micros`,
};

/** Why a session is busy: its volume is gone, a turn of any of its runs is open, or its budget is spent. */
export type SessionBusy = "evicted" | "running" | "spent";

/** Returns which of the sessions cannot take a turn now, and why. Of several reasons the first of `SessionBusy` counts. */
export async function readBusySessions(
  db: Db | Tx,
  sessionIds: string[],
): Promise<{ sessionId: string; why: SessionBusy }[]> {
  if (sessionIds.length === 0) return [];
  const rows = await executeNamed<{ sessionId: string; why: SessionBusy }>(
    db,
    sql`
    select session.session_id as "sessionId", busy.why
    from agentrun_sessions session cross join lateral (
      select case
        when session.storage_state in ('deleting', 'evicted') then 'evicted'
        when exists (
          select from agentrun_runs run join agentrun_commands command on command.run_id = run.id
          where run.session_id = session.session_id and run.status in ('pending', 'claimed')
            and command.type = 'turn' and command.state in ('pending', 'acknowledged')) then 'running'
        when exists (
          select from agentrun_budgets budget left join agentrun_budget_periods period
            on period.budget_id = budget.id and period.key = session.session_id
          where budget.period = 'session' and budget.action = 'hold' and ${covers(OF_SESSION)}
            -- "greatest" ignores null: a budget that nobody raised has only its limit.
            and greatest(budget."limit", period.raised_to) <= (
              select ${countedIn(sql`budget.unit`, USED)} from agentrun_usage_sessions used
              where used.session_id = session.session_id)) then 'spent'
      end as why) busy
    where session.session_id = any(${textArray(sessionIds)}) and busy.why is not null`,
  );
  return rows;
}
