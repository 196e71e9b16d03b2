import type { QueueTask } from "@/contract/queue";
import type { AddedTask } from "@/db/queries/queue/insert-tasks";
import { iso } from "@/server/stored";
import { dueAt } from "@/server/task-attempts";
import type { TaskRequest } from "./add-tasks";

/**
 * Returns a task that was just added as callers see it, built from what was sent, so that it is not read back. One
 * plain literal: with spread parts, a thousand tasks took a quarter of a second.
 */
export function toNewTask({ content, row, input }: TaskRequest, added: AddedTask): QueueTask {
  const createdAt = iso(added.createdAt);
  return {
    id: row.id,
    tenantId: row.tenantId,
    projectId: row.projectId,
    queue: row.queue,
    lane: row.lane,
    title: row.title,
    priority: row.priority,
    state: "pending",
    version: added.version,
    backendProfile: row.backendProfile,
    providerId: row.providerId,
    sessionId: row.sessionId,
    workspaceRef: content.workspaceRef,
    executionPolicy: content.executionPolicy,
    resourceBundleRef: content.resourceBundleRef,
    payload: content.payload,
    payloadHash: row.contentHash,
    references: content.referencesJson,
    metadata: content.metadata,
    idempotencyKey: row.idempotencyKey,
    latestAttempt: null,
    sessionPath: null,
    runAt: row.runAt,
    expiresAt: row.expiresAt,
    retry: input.retry ?? null,
    concurrencyKey: added.concurrencyKey,
    runId: null,
    attemptCount: 0,
    failureKind: null,
    failureMessage: null,
    deadLetter: null,
    nextAttemptAt: iso(dueAt(added.notBefore)),
    parkedAt: null,
    parkedUntil: null,
    createdAt,
    updatedAt: createdAt,
    cancelRequestedAt: null,
    cancelledAt: null,
    cancelReason: null,
  };
}
