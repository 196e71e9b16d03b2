import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";

/** Locks tasks that have waited past their own `expires_at`, oldest first; leaves out what others hold. */
export async function lockExpired(tx: Tx, max: number, except: string[]): Promise<string[]> {
  const locked = await executeNamed<{ id: string }>(
    tx,
    sql`
    select id from agentrun_queue_tasks
    where state = 'pending' and expires_at is not null and expires_at <= (select clock_timestamp())
      and id <> all(${textArray(except)})
    order by expires_at limit ${max}::int for no key update skip locked`,
  );
  return locked.map(({ id }) => id);
}

/** Fails locked tasks whose `expires_at` has passed. */
export function endExpired(tx: Tx, taskIds: string[]): Promise<{ id: string; tenantId: string }[]> {
  return executeNamed(
    tx,
    sql`
    update agentrun_queue_tasks set state = 'failed', failure_kind = 'timeout', dead_letter = 'expired',
      parked_at = null, parked_until = null,
      failure_message = 'it waited past its expiry, ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    where id in (select unnest(${hiddenArray(textArray(taskIds))}))
    returning id, tenant_id as "tenantId"`,
  );
}
