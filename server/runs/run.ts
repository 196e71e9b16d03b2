import { and, eq } from "drizzle-orm";
import type { Run } from "@/contract/run";
import { leases, type RunRow, runs } from "@/db/schema";
import { boundRunId, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso, storedJson } from "@/server/stored";

/**
 * Returns a run as clients see it. The lease is a row of its own; its expiry replaces the run's column. Of a lost lease
 * only the marker matters, so a pending run shows no expiry.
 */
export function toRun(row: RunRow, leaseExpiresAt: Date | null): Run {
  return {
    id: row.id,
    tenantId: row.tenantId,
    projectId: row.projectId,
    providerId: row.providerId,
    backendProfile: row.backendProfile,
    workspaceRef: storedJson(row.workspaceRef) ?? {},
    sessionRef: storedJson(row.sessionRef),
    taskId: row.taskId,
    resourceBundleRef: storedJson(row.resourceBundleRef),
    executionPolicy: storedJson(row.executionPolicy) ?? {},
    traceSink: storedJson(row.traceSink),
    status: row.status,
    terminalStatus: row.terminalStatus as Run["terminalStatus"],
    failureKind: row.failureKind,
    failureMessage: row.failureMessage,
    turnFailureKind: row.turnFailureKind,
    createdAt: iso(row.createdAt),
    startedAt: iso(row.startedAt),
    updatedAt: iso(row.updatedAt),
    claimedBy: row.claimedBy,
    leaseExpiresAt: row.status === "pending" ? null : iso(leaseExpiresAt ?? row.leaseExpiresAt),
    leaseEpoch: row.leaseEpoch,
    leaseState: row.leaseState,
    cancelRequestedAt: iso(row.cancelRequestedAt),
    bodiesLoggedUntil: iso(row.bodiesLoggedUntil),
    cancelReason: row.cancelReason,
    attemptCount: row.attemptCount,
    nextAttemptAt: iso(row.nextAttemptAt),
    lastEventSeq: row.lastEventSeq,
    version: row.version,
  };
}

/** Throws `not-found` when a runner's token is used for any run but its own. */
export function assertRunVisible(ctx: ServiceContext, runId: string): void {
  const bound = boundRunId(ctx.actor);
  if (bound !== null && bound !== runId) throw new NotFoundError("run", runId);
}

/** Returns a run with its lease. Throws `not-found` when it belongs to another tenant or another runner. */
export async function getRun(ctx: ServiceContext, input: { runId: string }): Promise<Run> {
  assertRunVisible(ctx, input.runId);
  const tenantId = tenantOf(ctx);
  const [found] = await ctx.db
    .select({ run: runs, leaseExpiresAt: leases.leaseExpiresAt })
    .from(runs)
    .leftJoin(leases, eq(leases.runId, runs.id))
    .where(and(eq(runs.id, input.runId), tenantId === null ? undefined : eq(runs.tenantId, tenantId)));
  if (!found) throw new NotFoundError("run", input.runId);
  return toRun(found.run, found.leaseExpiresAt);
}
