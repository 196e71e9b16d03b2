import { jsonDepth } from "@/contract/json";
import type { CreateTaskInput, DependencyRef } from "@/contract/queue";
import { cleanJson } from "@/contract/text";
import type { QueueTaskRow } from "@/db/schema";
import { InvalidInputError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";

export type TaskContent = ReturnType<typeof contentOf>;
const REFERENCES_DEPTH_MAX = 200;

/** Returns what a task is made of: the same content under the same key is the same task. */
export function contentOf(input: CreateTaskInput) {
  const references = input.references ?? [];
  if (jsonDepth(references, REFERENCES_DEPTH_MAX) > REFERENCES_DEPTH_MAX) {
    throw new InvalidInputError(`references: nested deeper than ${REFERENCES_DEPTH_MAX} levels`);
  }
  const dependsOn = uniqueRefs(input.dependsOn ?? []);
  return {
    queue: input.queue ?? "default",
    lane: input.lane ?? "default",
    title: input.title,
    priority: input.priority ?? 0,
    backendProfile: input.backendProfile,
    providerId: input.providerId ?? "default",
    sessionId: input.sessionId ?? null,
    workspaceRef: input.workspaceRef ?? null,
    executionPolicy: input.executionPolicy ?? null,
    resourceBundleRef: input.resourceBundleRef ?? null,
    payload: input.payload,
    referencesJson: cleanJson(references),
    metadata: input.metadata ?? {},
    runAt: input.runAt === undefined ? null : new Date(input.runAt).toISOString(),
    // Omitted where the input omits it, so that the hashes of tasks stored before this field existed stay the same.
    ...(input.expiresAt === undefined ? {} : { expiresAt: new Date(input.expiresAt).toISOString() }),
    ...(input.retry === undefined ? {} : { retry: input.retry }),
    ...(dependsOn.length === 0 ? {} : { dependsOn, onDependencyFailed: input.onDependencyFailed ?? "hold" }),
    ...(input.dependencyResults === "append" ? { dependencyResults: input.dependencyResults } : {}),
  };
}

/** Returns what a task comes after, each once and in an order independent of the input's. */
function uniqueRefs(refs: DependencyRef[]): DependencyRef[] {
  const byText = new Map(refs.map((ref) => [JSON.stringify(ref), ref]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}

/**
 * Whether a task was added with this content. It is judged by the hash of what was sent. Rows from before that hash was
 * stored are judged by what they hold now. The hash of an adopted row has an unknown form, so there the payloads
 * themselves are compared.
 */
export function isSameContent(row: QueueTaskRow, content: TaskContent, contentHash: string): boolean {
  if (row.contentHash !== null) return row.contentHash === contentHash;
  if (row.payloadHash === contentHash) return true;
  const isStoredHash = row.payloadHash === payloadHash(storedContent(row));
  return !isStoredHash && payloadHash(row.payload) === payloadHash(content.payload);
}

function storedContent(row: QueueTaskRow): Record<string, unknown> {
  return {
    queue: row.queue,
    lane: row.lane,
    title: row.title,
    priority: row.priority,
    backendProfile: row.backendProfile,
    providerId: row.providerId,
    sessionId: row.sessionId,
    workspaceRef: row.workspaceRef,
    executionPolicy: row.executionPolicy,
    resourceBundleRef: row.resourceBundleRef,
    payload: row.payload,
    referencesJson: row.referencesJson,
    metadata: row.metadata,
    runAt: row.runAt?.toISOString() ?? null,
  };
}
