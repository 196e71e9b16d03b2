import type { CreateSessionInput } from "@/contract/session";
import type { SessionRow } from "@/db/schema";
import { canonicalJson, payloadHash } from "@/server/idempotency";
import { storedJson } from "@/server/stored";

type Owner = { tenantId: string; projectId: string };
export type SessionContent = ReturnType<typeof contentOf>;

/**
 * Returns what a session is created with, defaults filled in: omitting a default and giving it are the same content.
 */
export function contentOf(input: CreateSessionInput, owner: Owner) {
  return {
    ...owner,
    backendProfile: input.backendProfile,
    title: input.title ?? null,
    conversationId: input.conversationId ?? null,
    threadId: input.threadId ?? null,
    metadata: input.metadata ?? {},
    expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt).toISOString(),
    codexRolloutSubdir: input.codexRolloutSubdir ?? "sessions",
    storageKind: input.storage?.kind ?? ("pvc" as const),
    storageRequestedBytes: input.storage?.sizeBytes ?? null,
  };
}

/** Returns the columns that a row is inserted with. */
export function rowOf(content: SessionContent) {
  const { storageKind, expiresAt, ...columns } = content;
  return {
    ...columns,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    storageState: storageKind === "pvc" ? ("creating" as const) : ("none" as const),
    payloadHash: payloadHash(content),
  };
}

/** Whether a session was created with this content. An adopted row has no hash: there the fields are compared. */
export function isSameContent(existing: SessionRow, content: SessionContent): boolean {
  if (existing.payloadHash !== null) return existing.payloadHash === payloadHash(content);
  const { lastTurnId: _lastTurnId, ...metadata } = storedJson(existing.metadata) ?? {};
  const stored: Record<keyof SessionContent, unknown> = {
    ...existing,
    metadata,
    expiresAt: existing.expiresAt?.toISOString() ?? null,
    storageKind: existing.storageKind === "none" ? "none" : "pvc",
  };
  return (Object.keys(content) as (keyof SessionContent)[]).every(
    (field) => canonicalJson(content[field]) === canonicalJson(stored[field]),
  );
}
