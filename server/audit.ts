import type { AuditTarget } from "@/contract/words";
import { insertAudit } from "@/db/queries/insert-audit";
import type { Actor, TxContext } from "./context";
import { newId, newIds } from "./ids";

export type AuditEntry = {
  /** The verb as the API names it: `runs.cancel`. */
  action: string;
  targetKind: AuditTarget;
  targetId: string;
  tenantId?: string | null;
  details?: Record<string, unknown>;
};

/**
 * Writes who did what in the transaction that does it, so that one is never stored without the other. Two things are
 * left out on purpose: what a runner reports many times a turn (heartbeats, events, acknowledging and ending commands,
 * its volume's size), since the run's own log has it; and read marks, which are a person's own.
 */
export function audit(ctx: TxContext, entry: AuditEntry): Promise<void> {
  return auditAll(ctx, [entry]);
}

/** Like `audit`, for many things that one transaction does. */
export async function auditAll(ctx: TxContext, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const ids = newIds("audit", entries.length);
  await insertAudit(
    ctx.db,
    entries.map((entry, index) => ({
      id: ids[index] ?? newId("audit"),
      actor: actorName(ctx.actor),
      action: entry.action,
      tenantId: entry.tenantId ?? ctx.actor.tenantId,
      targetKind: entry.targetKind,
      targetId: entry.targetId,
      details: entry.details ?? {},
    })),
  );
}

/** Audits what was done to a session or to its volume. */
export function auditSession(
  ctx: TxContext,
  { sessionId, tenantId }: { sessionId: string; tenantId: string },
  action: string,
  details: Record<string, unknown> = {},
): Promise<void> {
  return audit(ctx, { action, targetKind: "session", targetId: sessionId, tenantId, details });
}

export function actorName(actor: Actor): string {
  return `${actor.kind}:${actor.name}`;
}
