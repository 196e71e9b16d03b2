import type { ErrorBody } from "@/contract/errors";
import { plainLine } from "./plain";

/** The program's exit codes. Programs branch on them, so a number never changes its meaning. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  forbidden: 4,
  conflict: 5,
  timeout: 6,
  unreachable: 7,
  cancelled: 8,
  interrupted: 130,
} as const;

/** Thrown when what was typed is wrong. */
export class UsageError extends Error {
  constructor(
    message: string,
    /** What to type instead. */
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** No answer came: nobody listens there, or the program that answers is not AgentRun. */
export class UnreachableError extends Error {
  constructor(url: string, reason: string) {
    super(`${url} cannot be reached: ${reason}`);
  }
}

/** No answer came within `--timeout`. */
export class TimeoutError extends Error {
  constructor(url: string, timeoutMs: number) {
    super(`${url} gave no answer within ${timeoutMs / 1_000} s`);
  }
}

/** The server refused the call. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }
}

/** What to do about a token that is missing or has expired. */
export const TOKEN_HINT = "run agentrun login, or set AGENTRUN_TOKEN to a token of this server (Settings, Tokens)";

const STATUS_EXITS: Record<number, number> = {
  401: EXIT.forbidden,
  403: EXIT.forbidden,
  404: EXIT.notFound,
  409: EXIT.conflict,
  410: EXIT.conflict,
  429: EXIT.unreachable,
  502: EXIT.unreachable,
  503: EXIT.unreachable,
};

/** Returns the exit code of an error; undefined where it is not a failure that this program knows. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  if (error instanceof TimeoutError) return EXIT.timeout;
  if (!(error instanceof RefusedError)) return undefined;
  const { status } = error;
  return STATUS_EXITS[status] ?? (status < 500 ? EXIT.usage : EXIT.failed);
}

/** Returns what happened and what can be done about it, one line each. */
export function errorLines(error: unknown): string[] {
  if (error instanceof RefusedError) {
    const { message, reason, requestId } = error.body;
    const hint = error.status === 401 ? [`  try: ${TOKEN_HINT}`] : [];
    return [`${plainLine(message)} (${reason})`, ...hint, `  request: ${plainLine(requestId)}`];
  }
  if (error instanceof UnreachableError)
    return [error.message, "  try: npm start, or name the server by --url or AGENTRUN_URL"];
  if (error instanceof UsageError && error.hint !== null) return [error.message, `  try: ${error.hint}`];
  return [error instanceof Error ? error.message : String(error)];
}
