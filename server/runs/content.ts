import { type CreateRunInput, POLICY_DEFAULTS } from "@/contract/run";
import { payloadHash } from "@/server/idempotency";

/** Hashes what a run is created with, defaults filled in: omitting a default and giving it are the same content. */
export function contentHash(input: CreateRunInput): string {
  const { sessionRef } = input;
  return payloadHash({
    providerId: input.providerId ?? "default",
    backendProfile: input.backendProfile,
    workspaceRef: input.workspaceRef ?? { kind: "empty" },
    executionPolicy: { ...POLICY_DEFAULTS, ...input.executionPolicy },
    resourceBundleRef: input.resourceBundleRef ?? null,
    traceSink: input.traceSink ?? null,
    sessionRef: sessionRef
      ? { ...sessionRef, ...(sessionRef.expiresAt && { expiresAt: new Date(sessionRef.expiresAt).toISOString() }) }
      : null,
  });
}

/** Whether a stored digest is of this content. Older rows hold a digest of the input as it was sent. */
export function isContentOf(stored: string | null, input: CreateRunInput): boolean {
  const { idempotencyKey: _key, ...sent } = input;
  return stored === contentHash(input) || stored === payloadHash(sent);
}
