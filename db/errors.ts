/** Yields an error and its causes: Drizzle wraps the driver's error. Bounded, since a chain may lead back to itself. */
function* causeChain(error: unknown): Generator<Error> {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) yield cause;
}

/** SQLSTATE of a database error. No class of states begins with E, as the names of the system's errors do: EPIPE. */
export function sqlState(error: unknown): string | undefined {
  for (const cause of causeChain(error)) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === "string" && /^(?!E)[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== "23505") return false;
  return constraint === undefined || findConstraint(error) === constraint;
}

function findConstraint(error: unknown): string | undefined {
  for (const cause of causeChain(error)) {
    const constraint = (cause as { constraint?: unknown }).constraint;
    if (typeof constraint === "string") return constraint;
  }
  return undefined;
}

/** Serialization failure, deadlock, lock not available: the same transaction may succeed when it is run again. */
const RETRYABLE = new Set(["40001", "40P01", "55P03"]);
export function isRetryable(error: unknown): boolean {
  return RETRYABLE.has(sqlState(error) ?? "");
}

/**
 * Whether what a connection kept of a statement is gone or outdated, because a table changed meanwhile: a new
 * connection starts without it.
 */
export function isPlanLost(error: unknown): boolean {
  if (sqlState(error) === "26000") return true;
  for (const cause of causeChain(error))
    if ("routine" in cause && cause.routine === "RevalidateCachedQuery") return true;
  return false;
}

/**
 * Whether the server judged a statement and refused it, as opposed to a lock that was not obtained or a connection that
 * broke.
 */
export function isRefusal(error: unknown): boolean {
  if (isRetryable(error)) return false;
  for (const cause of causeChain(error)) if ("severity" in cause) return cause.severity === "ERROR";
  return false;
}

/** A statement or transaction that the database ended for taking too long. */
const OUT_OF_TIME = new Set(["57014", "25P03", "25P04"]);

export function isOutOfTime(error: unknown): boolean {
  return OUT_OF_TIME.has(sqlState(error) ?? "");
}

/**
 * Whether somebody else holds what was needed, or the database was too slow. The request is not at fault, and nothing
 * was stored.
 */
export function isDatabaseBusy(error: unknown): boolean {
  return isRetryable(error) || isOutOfTime(error);
}

/** The system's error codes for a connection; a socket's path has none when PostgreSQL is not there. */
const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENOENT",
]);

/** Seen through `Symbol.for` by both of web's module graphs. */
const FROM_DATABASE = Symbol.for("agentrun.from-database");

/** Marks an error as one of a connection to the database: by its code alone it could be of a file or another server. */
export function markFromDatabase(error: unknown): void {
  if (error instanceof Error) Object.defineProperty(error, FROM_DATABASE, { value: true });
}

/** Several addresses of one host were tried, and each failed in a way of its own. */
function hasConnectionCode(error: Error): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && CONNECTION_CODES.has(code)) return true;
  return (
    error instanceof AggregateError && error.errors.some((inner) => inner instanceof Error && hasConnectionCode(inner))
  );
}

/** The database is not there, is starting or stopping, or cut the connection: nothing is wrong with the request. */
export function isDatabaseDown(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith("08") || state.startsWith("57P") || state === "53300";
  if (isUnanswered(error)) return true;
  for (const cause of causeChain(error)) {
    if (FROM_DATABASE in cause && hasConnectionCode(cause)) return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|not queryable|Cannot use a pool/.test(
        cause.message,
      )
    ) {
      return true;
    }
  }
  return false;
}

/**
 * Whether no answer came at all, not even that the time was over. Nobody may be there, and the connection is of no
 * further use.
 */
export function isUnanswered(error: unknown): boolean {
  for (const cause of causeChain(error)) if (cause.message === "Query read timeout") return true;
  return false;
}

/** COMMIT was sent and its answer never came: the work may be stored or not, and only a look can tell. */
export class AmbiguousCommitError extends Error {
  constructor(cause: unknown) {
    super("the answer to COMMIT was lost", { cause });
  }
}
