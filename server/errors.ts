import type { ErrorBody, FailureKind, Reason } from "@/contract/errors";
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_BEFORE } from "@/contract/runner-protocol";
import { AmbiguousCommitError, isDatabaseBusy, isDatabaseDown } from "@/db/errors";

/**
 * Web's own code and Next's bundles are separate module graphs, in which the same class exists twice: errors are
 * recognised by this brand, never by `instanceof`.
 */
const BRAND = Symbol.for("agentrun.error");

/**
 * What has to change before a refused call can succeed. `server`: the server that was asked cannot serve anything else
 * now either. `request`: only this request is concerned.
 */
export type Passing = "server" | "request";

/** What services throw: stable words for programs, and a message that says what to do. */
export class AgentRunError extends Error {
  readonly [BRAND] = true;
  readonly details: Record<string, unknown> | undefined;
  /** null: the refusal is not known to pass by itself, or a person has to fix something first. */
  readonly passing: Passing | null;
  constructor(
    readonly failureKind: FailureKind,
    readonly reason: Reason,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown; passing?: Passing | null } = {},
  ) {
    super(message, { cause: options.cause });
    this.details = options.details;
    this.passing = options.passing ?? null;
  }
}

export function isAgentRunError(error: unknown): error is AgentRunError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** The first AgentRunError in a chain of causes. */
export function findAgentRunError(error: unknown): AgentRunError | undefined {
  for (let cause = error, depth = 0; depth < 8 && typeof cause === "object" && cause !== null; depth += 1) {
    if (isAgentRunError(cause)) return cause;
    cause = (cause as { cause?: unknown }).cause;
  }
  return undefined;
}

export function errorBody(error: AgentRunError, requestId: string): ErrorBody {
  const { failureKind, reason, message, details } = error;
  return { failureKind, reason, message, requestId, ...(details ? { details } : {}) };
}

export class InvalidInputError extends AgentRunError {
  constructor(message: string, details?: Record<string, unknown>) {
    super("schema-invalid", "invalid-input", message, { details });
  }
}
export class InvalidCursorError extends AgentRunError {
  constructor(why: string) {
    super("schema-invalid", "invalid-cursor", `${why}: ask for the first page again`);
  }
}
export class NotFoundError extends AgentRunError {
  constructor(kind: string, id: string, more = "") {
    super("schema-invalid", "not-found", `there is no ${kind} ${id}${more === "" ? "" : ` ${more}`}`);
  }
}
/** A change to something that has ended. `failureKind` is that of what ended, when it has one. */
export class AlreadyTerminalError extends AgentRunError {
  constructor(kind: string, id: string, status: string, failureKind: string | null = null) {
    super(
      (failureKind as FailureKind | null) ?? (status === "cancelled" ? "cancelled" : "schema-invalid"),
      "already-terminal",
      `${kind} ${id} is ${status}, which is final`,
      { details: { status } },
    );
  }
}
/** A conflict with what is stored; `reason` says which. */
export class ConflictError extends AgentRunError {
  constructor(reason: Reason, message: string, details?: Record<string, unknown>) {
    super("schema-invalid", reason, message, { details });
  }
}
/** Whoever asks is to wait for so many whole seconds. */
export class RateLimitedError extends AgentRunError {
  constructor(message: string, retryAfterSeconds: number, details: Record<string, unknown> = {}) {
    super("rate-limited", "rate-limited", message, { details: { retryAfterSeconds, ...details } });
  }
}
export class IdempotencyConflictError extends ConflictError {
  constructor(key: string) {
    super(
      "idempotency-conflict",
      `the idempotency key ${key} was used with other content: use a new key, or send the same content`,
    );
  }
}
export class LeaseHeldError extends AgentRunError {
  constructor(
    runId: string,
    reason: Extract<Reason, "lease-held" | "session-busy" | "lease-fencing">,
    message: string,
  ) {
    super("runner-lease-conflict", reason, message, { details: { runId } });
  }
}
export class LeaseLostError extends AgentRunError {
  constructor(runId: string) {
    super("runner-lease-conflict", "lease-lost", `run ${runId} is no longer leased to this runner: stop the agent`);
  }
}
/** A runner and a server of releases that are too far apart. */
export class RunnerVersionError extends AgentRunError {
  constructor(version: number) {
    const taken = `${RUNNER_PROTOCOL_BEFORE} and ${RUNNER_PROTOCOL}`;
    const next =
      version > RUNNER_PROTOCOL
        ? "deploy web and worker of the runner's release"
        : "deploy the runner's image of the server's release (AGENTRUN_RUNNER_IMAGE)";
    super(
      "schema-invalid",
      "runner-version",
      `this runner speaks version ${version} of the runner protocol, and this server takes ${taken}: ${next}`,
      { details: { speaks: version, takes: [RUNNER_PROTOCOL_BEFORE, RUNNER_PROTOCOL] } },
    );
  }
}
export class StoreEvictedError extends AgentRunError {
  constructor(sessionId: string, restorable: boolean) {
    const next = restorable
      ? "restore it first (storage.restore)"
      : "it has no archive to restore from: start a new session";
    super("session-store-evicted", "store-evicted", `the storage of session ${sessionId} is evicted: ${next}`, {
      details: { sessionId, restorable },
    });
  }
}
export class UnauthenticatedError extends AgentRunError {
  constructor(message = "sign in, or send Authorization: Bearer TOKEN") {
    super("unauthenticated", "unauthenticated", message);
  }
}
export class ForbiddenError extends AgentRunError {
  constructor(message: string) {
    super("forbidden", "forbidden", message);
  }
}
export class DatabaseDownError extends AgentRunError {
  constructor(cause?: unknown) {
    super("infra-failed", "database-down", "the database does not answer: try again in a few seconds", { cause });
  }
}
class DatabaseBusyError extends AgentRunError {
  constructor(cause?: unknown) {
    super("infra-failed", "database-busy", "others hold what this needs for too long: try again in a moment", {
      cause,
    });
  }
}
export class UnavailableError extends AgentRunError {
  constructor(
    reason: Extract<
      Reason,
      | "executor-unavailable"
      | "worker-unavailable"
      | "archive-unavailable"
      | "volume-going"
      | "overloaded"
      | "database-busy"
      | "shutting-down"
    >,
    message: string,
    passing: Passing | null = null,
  ) {
    super("infra-failed", reason, message, { passing });
  }
}
export class UnexpectedError extends AgentRunError {
  constructor(cause: unknown) {
    super("infra-failed", "unexpected", "Unexpected error: see the server log.", { cause });
  }
}

/**
 * Turns anything thrown into an error that may leave the program: one of ours, one for a database in trouble, or an
 * unexpected one.
 */
export function toAgentRunError(error: unknown): AgentRunError {
  const known = findAgentRunError(error);
  if (known) return known;
  if (isDatabaseDown(error) || error instanceof AmbiguousCommitError) return new DatabaseDownError(error);
  if (isDatabaseBusy(error)) return new DatabaseBusyError(error);
  return new UnexpectedError(error);
}
