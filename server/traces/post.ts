import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { jsonIn } from "@/contract/json-in";
import { parseRetryAfter } from "@/server/retry-after";
import { VERSION } from "@/server/version";
import type { TraceTarget } from "./target";

/**
 * The outcome of a request: `taken` (perhaps not all of it), `away` (to be sent again later) or `refused` (given up).
 */
export type PostAnswer =
  | { kind: "taken"; rejected: number; message: string | null }
  | { kind: "away"; why: string; retryAfterMs: number | null }
  | { kind: "refused"; why: string };

/** The statuses after which OTLP clients retry. */
const RETRYABLE = new Set([429, 502, 503, 504]);
const ANSWER_MAX_BYTES = 65_536;
const MESSAGE_MAX = 300;
const Count = z.union([
  z.int().min(0),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
const Answer = z.looseObject({
  partialSuccess: z.looseObject({ rejectedSpans: Count.optional(), errorMessage: z.string().optional() }).optional(),
});

/** Posts spans and returns the outcome. Redirects are not followed, because they would carry the spans elsewhere. */
export function postSpans(target: TraceTarget, body: string, stop: AbortSignal): Promise<PostAnswer> {
  const bytes = target.isCompressed ? gzipSync(body) : Buffer.from(body);
  return new Promise((resolve) => {
    const away = (reason: string) => resolve({ kind: "away", why: reason, retryAfterMs: null });
    if (stop.aborted) return away("it was not asked: this program stops");
    const url = new URL(target.url);
    const request = (url.protocol === "https:" ? requestSecure : requestPlain)(url, {
      method: "POST",
      agent: false,
      signal: stop,
      headers: {
        ...target.headers,
        "content-type": "application/json",
        "content-length": bytes.length,
        ...(target.isCompressed ? { "content-encoding": "gzip" } : {}),
        "user-agent": `agentrun/${VERSION}`,
      },
    });
    const timeout = setTimeout(() => {
      away(`it did not answer within ${target.timeoutMs} ms`);
      request.destroy();
    }, target.timeoutMs);
    let isAnswered = false;
    request.once("close", () => {
      clearTimeout(timeout);
      if (!isAnswered) away("it closed the connection without an answer");
    });
    // Only the error's code: Node's own messages name addresses.
    request.on("error", (error: NodeJS.ErrnoException) => away(`it did not answer: ${error.code ?? error.name}`));
    request.once("response", (answer) => {
      isAnswered = true;
      void readAnswer(answer).then(resolve, () => away("its answer broke off"));
    });
    request.end(bytes);
  });
}

async function readAnswer(answer: IncomingMessage): Promise<PostAnswer> {
  const status = answer.statusCode ?? 0;
  const reason = `it answered ${status}`;
  const isTaken = status >= 200 && status <= 299;
  if (!isTaken) {
    answer.destroy();
    return RETRYABLE.has(status)
      ? { kind: "away", why: reason, retryAfterMs: parseRetryAfter(answer.headers["retry-after"]) }
      : { kind: "refused", why: reason };
  }
  let text = "";
  for await (const piece of answer.setEncoding("utf8")) {
    text += piece;
    if (text.length > ANSWER_MAX_BYTES) break;
  }
  // A 2xx status means that the spans were accepted, whatever else the answer says.
  const { rejectedSpans = 0, errorMessage = "" } = Answer.safeParse(jsonIn(text)).data?.partialSuccess ?? {};
  return { kind: "taken", rejected: rejectedSpans, message: errorMessage.slice(0, MESSAGE_MAX) || null };
}
