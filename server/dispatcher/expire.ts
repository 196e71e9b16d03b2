import { sql } from "drizzle-orm";
import { auditAll } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";

const EXPIRE_MAX = 500;

/** Whether a task has waited past its own `expiresAt`. */
export function isExpired({ expiresAt }: { expiresAt: Date | null }): boolean {
  return expiresAt !== null && expiresAt <= new Date();
}

/** Fails the tasks that have waited past their own `expiresAt`: nobody wants them any more. */
export async function expireWaiting(ctx: ServiceContext): Promise<void> {
  while ((await expireSome(ctx)) === EXPIRE_MAX);
}

function expireSome(ctx: ServiceContext): Promise<number> {
  return inTx(ctx, async (ctx) => {
    const { rows } = await ctx.db.execute<{ id: string; tenantId: string }>(sql`
      update agentrun_queue_tasks set state = 'failed', failure_kind = 'timeout', dead_letter = 'expired',
        parked_at = null, parked_until = null,
        failure_message = 'it waited past its expiry, ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      where id in (
        select id from agentrun_queue_tasks
        where state = 'pending' and expires_at is not null and expires_at <= (select clock_timestamp())
        order by expires_at limit ${EXPIRE_MAX} for no key update skip locked)
      returning id, tenant_id as "tenantId"`);
    if (rows.length === 0) return 0;
    await auditAll(
      ctx,
      rows.map(({ id, tenantId }) => {
        return { action: "queue.expire", targetKind: "task" as const, targetId: id, tenantId };
      }),
    );
    ctx.wake("queue");
    return rows.length;
  });
}
