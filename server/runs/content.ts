import { type CreateRunInput, POLICY_DEFAULTS } from "@/contract/run";
import { payloadHash } from "@/server/idempotency";

/** What a run is created with, its defaults said: leaving one out and saying it are the same content. */
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

/** Whether a stored digest is of this content; older rows have one of the input as it was sent. */
export function isContentOf(stored: string | null, input: CreateRunInput): boolean {
  const { idempotencyKey: _key, ...sent } = input;
  return stored === contentHash(input) || stored === payloadHash(sent);
}
