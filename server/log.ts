import { type Logger, pino } from "pino";
import type { ServerEnv } from "./env";

const SECRET_KEYS = [
  "authorization",
  "cookie",
  "password",
  "token",
  "apiKey",
  "launchToken",
  "runnerToken",
  "modelToken",
];

/** Logs JSON lines to standard output. Values under keys that name a secret are left out. */
export function createLog(level: ServerEnv["LOG_LEVEL"], name: string): Logger {
  return pino({
    level,
    base: { name },
    serializers: { err: describeError },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

type Described = { type: string; message: string; code?: unknown; stack?: string | undefined; cause?: Described };

/** Describes an error without the values of the failed statement, which may be anything that a caller sent. */
function describeError(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = "code" in error ? error.code : undefined;
  const cause = error.cause !== undefined && depth < 4 ? describeError(error.cause, depth + 1) : undefined;
  const withoutParams = (text: string) => text.replace(/\nparams: [\s\S]*?(?=\n {4}at |$)/, "");
  return {
    type: error.name,
    message: withoutParams(error.message),
    ...(code === undefined ? {} : { code }),
    ...(depth === 0 ? { stack: withoutParams(error.stack ?? "") } : {}),
    ...(cause ? { cause } : {}),
  };
}
