import { z } from "zod";
import { FAILURE_KINDS } from "./words";

export { FAILURE_KINDS } from "./words";
export const FailureKind = z.enum(FAILURE_KINDS);
export type FailureKind = z.infer<typeof FailureKind>;

/** Stable and finer than the HTTP status, for programs to branch on. Each reason has one HTTP status. */
export const REASON_STATUS = {
  "invalid-input": 400,
  "invalid-cursor": 400,
  unauthenticated: 401,
  forbidden: 403,
  "origin-refused": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "already-terminal": 409,
  "idempotency-conflict": 409,
  "session-boundary": 409,
  "session-busy": 409,
  "lease-held": 409,
  "lease-lost": 409,
  "lease-fencing": 409,
  "runner-version": 409,
  "runner-draining": 409,
  "runner-order-refused": 409,
  "store-evicted": 409,
  "store-not-restorable": 409,
  "archive-missing": 409,
  "would-shorten": 409,
  "gc-paused": 409,
  "volume-named": 409,
  "volume-kept": 409,
  "confirmation-mismatch": 409,
  "run-live": 409,
  "queue-draining": 409,
  "dependency-open": 409,
  "backend-disabled": 409,
  "backend-unconfigured": 409,
  "bulk-too-large": 409,
  "command-waiting": 409,
  "no-open-command": 409,
  "webhook-disabled": 409,
  "batch-conflict": 409,
  "version-conflict": 409,
  "approval-decided": 409,
  "already-exists": 409,
  "limit-reached": 409,
  "archive-incomplete": 409,
  "digest-mismatch": 409,
  "cursor-expired": 410,
  "body-too-large": 413,
  "unsupported-media-type": 415,
  "rate-limited": 429,
  "budget-reached": 429,
  unexpected: 500,
  "backend-unavailable": 502,
  "executor-unavailable": 503,
  "worker-unavailable": 503,
  "archive-unavailable": 503,
  "volume-going": 503,
  overloaded: 503,
  "database-down": 503,
  "database-busy": 503,
  "shutting-down": 503,
  "storage-full": 507,
} as const;
export type Reason = keyof typeof REASON_STATUS;
/** Whether nothing is wrong with what was asked: something that it needs is away or busy, and the same may work soon. */
export function passesByItself(reason: Reason): boolean {
  return REASON_STATUS[reason] === 503;
}
export const REASONS = Object.keys(REASON_STATUS) as [Reason, ...Reason[]];

/** The body of every failure: `error` in REST, `error.data.agentrun` in tRPC. */
export const ErrorBody = z.object({
  failureKind: FailureKind,
  reason: z.enum(REASONS),
  message: z.string(),
  requestId: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
