import { endExpired, lockExpired } from "@/db/queries/queue/expire";
import { auditAll } from "@/server/audit";
import type { ServiceContext, TxContext } from "@/server/context";
import { runTaskSteps } from "./steps";

const EXPIRE_MAX = 500;

/** Whether a task has waited past its own `expiresAt`, by this machine's clock. */
export function isExpired({ expiresAt }: { expiresAt: Date | null }): boolean {
  return expiresAt !== null && expiresAt <= new Date();
}

/**
 * Fails the tasks that have waited past their own `expiresAt`: nobody wants them any more. Returns whether there may be
 * more, after a few steps.
 */
export function expireWaiting(ctx: ServiceContext): Promise<boolean> {
  const failure = "a task that has expired cannot be failed: the next pass tries again";
  return runTaskSteps(ctx, { max: EXPIRE_MAX, lock: lockExpired, work: expireLocked, failure });
}

/** Fails locked tasks that have waited past their own `expiresAt`. */
async function expireLocked(ctx: TxContext, taskIds: string[]): Promise<void> {
  const ended = await endExpired(ctx.db, taskIds);
  await auditAll(
    ctx,
    ended.map(({ id, tenantId }) => {
      return { action: "queue.expire", targetKind: "task" as const, targetId: id, tenantId };
    }),
  );
  ctx.wake("queue");
}
