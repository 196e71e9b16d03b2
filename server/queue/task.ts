import type { QueueTask } from "@/contract/queue";
import type { QueueTaskRow } from "@/db/schema";
import { iso, storedJson } from "@/server/stored";
import { dueAt } from "@/server/task-attempts";

/** Returns a row as callers see it. Rows of an older release hold JSON null where SQL null is meant, and empty refs. */
export function toTask(row: QueueTaskRow): QueueTask {
  return {
    id: row.id,
    tenantId: row.tenantId,
    projectId: row.projectId,
    queue: row.queue,
    lane: row.lane,
    title: row.title,
    priority: row.priority,
    state: row.state,
    version: row.version,
    backendProfile: row.backendProfile,
    providerId: row.providerId,
    sessionId: row.sessionId,
    workspaceRef: storedJson(row.workspaceRef),
    executionPolicy: storedJson(row.executionPolicy),
    resourceBundleRef: storedJson(row.resourceBundleRef),
    payload: storedJson(row.payload) ?? {},
    payloadHash: row.payloadHash,
    references: storedJson(row.referencesJson) ?? [],
    metadata: storedJson(row.metadata) ?? {},
    idempotencyKey: row.idempotencyKey,
    latestAttempt: storedJson(row.latestAttempt),
    sessionPath: row.sessionPath,
    runAt: iso(row.runAt),
    expiresAt: iso(row.expiresAt),
    retry: storedJson(row.retryPolicy),
    concurrencyKey: row.concurrencyKey,
    runId: row.runId,
    attemptCount: row.attemptCount,
    failureKind: row.failureKind,
    failureMessage: row.failureMessage,
    deadLetter: row.deadLetter,
    nextAttemptAt: row.state === "pending" ? iso(dueAt(row.notBefore)) : null,
    parkedAt: iso(row.parkedAt),
    parkedUntil: iso(row.parkedUntil),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    cancelRequestedAt: iso(row.cancelRequestedAt),
    cancelledAt: iso(row.cancelledAt),
    cancelReason: row.cancelReason,
  };
}

export function isTerminalTask(state: QueueTask["state"]): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
