import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { ProviderLimit } from "@/server/backends";
import type { AgentRunError } from "@/server/errors";
import type { ModelRequest } from "./answer-model";
import type { Bounds } from "./bounds";
import { KeyFilter } from "./key-filter";
import { limitOf } from "./limit-end";
import { type Body, piecesOf, SilentError } from "./pieces";
import { post } from "./post";
import { isRefusal, type Refusal, readRefusal } from "./refusal";
import { unavailable } from "./unavailable";

export type Provider = {
  profile: string;
  baseUrl: string;
  key: string | null;
  log: Logger;
  bounds: Bounds;
  /** Called when the provider limits requests for a while. */
  onLimited: (limit: ProviderLimit) => void;
  /** Called when the provider has accepted a request sent at that time, in milliseconds since 1970. */
  onAccepted: (sentAtMs: number) => void;
};
type SentRequest = Pick<ModelRequest, "body" | "headers" | "signal">;
export type ProviderAnswer = {
  status: number;
  headers: Headers;
  body: AsyncIterable<Uint8Array>;
  /** When the answered try began, in milliseconds since 1970. */
  sentAtMs: number;
};

/** Examines an answer: a provider may refuse in other ways than by its status. */
type ReadsAnswer<Read> = { read: (answer: ProviderAnswer) => Promise<Read | Refusal> };

/** The agent's headers that mean something to a provider. */
const FORWARDED = ["accept", "openai-beta"] as const;

/**
 * Sends a request to its provider with the key added. Where the status does not refuse, returns what `read` makes of
 * the answer; only the caller can then tell whether the request was accepted. `resource` is the part of the address
 * after the profile's `baseUrl`.
 *
 * A refusal that passes by itself is retried a few times, after the pause that the provider asks for. Nothing is
 * retried once a provider has begun to answer, since what was said cannot be taken back. A body ends with an error when
 * its provider falls silent, and is read no faster than the caller takes it.
 *
 * @throws AgentRunError in our words, and without the key, when the provider was not reached or refused.
 */
export async function sendToProvider<Read extends object>(
  provider: Provider,
  resource: "responses" | "chat/completions",
  request: SentRequest & ReadsAnswer<Read>,
): Promise<Read> {
  const { bounds } = provider;
  for (let tries = 1; ; tries += 1) {
    const answer = await tryOnce(provider, resource, request);
    const outcome = isRefusal(answer) ? answer : await request.read(answer);
    if (!isRefusal(outcome)) return outcome;
    const pauseMs = tries < bounds.triesMax ? retryDelay(tries, outcome, bounds) : null;
    if (pauseMs === null) {
      const { until, error, isTransient } = outcome;
      const limit = limitOf({ until, message: error.message, isPersistent: !isTransient });
      if (error.failureKind === "rate-limited") provider.onLimited(limit);
      throw error;
    }
    await sleep(pauseMs, undefined, { signal: request.signal });
  }
}

/**
 * Returns how long to wait before the next try, in milliseconds; null: it would be useless, or longer than is waited
 * here.
 */
function retryDelay(tries: number, { isTransient, until }: Refusal, bounds: Bounds): number | null {
  if (!isTransient) return null;
  const requestedMs = until === null ? 0 : until.getTime() - Date.now();
  if (requestedMs > bounds.pauseMaxMs) return null;
  // Randomised, so that agents refused at the same time do not return at the same time.
  const backoffMs = bounds.pauseMs * 2 ** (tries - 1) * (0.5 + Math.random());
  return Math.max(requestedMs, backoffMs);
}

async function tryOnce(provider: Provider, resource: string, request: SentRequest): Promise<ProviderAnswer | Refusal> {
  const { bounds } = provider;
  const sentAtMs = Date.now();
  const responseTimeout = new AbortController();
  const signal = AbortSignal.any([request.signal, responseTimeout.signal]);
  const timer = setTimeout(() => responseTimeout.abort(), bounds.answerMs);
  try {
    const url = new URL(`${provider.baseUrl.replace(/\/+$/, "")}/${resource}`);
    const { connectMs } = bounds;
    const answer = await post(url, { headers: headersOf(provider, request), body: request.body, signal, connectMs });
    // A redirect counts as a refusal: followed, it could carry the key elsewhere.
    if (answer.status < 200 || answer.status > 299) return await readRefusal(provider, answer);
    const { status, headers, body } = answer;
    return { status, headers, body: readBody(provider, body, request.signal), sentAtMs };
  } catch (error) {
    request.signal.throwIfAborted();
    const isTimeout = responseTimeout.signal.aborted;
    return { error: unreachableError(provider, error, isTimeout), isTransient: !isTimeout, until: null };
  } finally {
    clearTimeout(timer);
  }
}

function headersOf(provider: Provider, request: SentRequest): Headers {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of FORWARDED) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (provider.key !== null) headers.set("authorization", `Bearer ${provider.key}`);
  return headers;
}

function unreachableError({ log, profile, bounds }: Provider, error: unknown, isTimeout: boolean): AgentRunError {
  log.warn({ err: error, profile }, "could not reach the provider");
  const seconds = Math.ceil(bounds.answerMs / 1_000);
  if (isTimeout) return unavailable(`the provider of profile ${profile} did not begin to answer within ${seconds} s`);
  return unavailable(`the provider of profile ${profile} was not reached: see the server's log`);
}

/**
 * Yields the pieces of an answer, without the key. Throws an error in our words when the provider falls silent or
 * breaks off.
 */
async function* readBody(
  { profile, key, log, bounds }: Provider,
  body: Body,
  caller: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    const filter = KeyFilter.of(key);
    if (filter === null) return yield* piecesOf(body, bounds.silenceMs);
    for await (const piece of piecesOf(body, bounds.silenceMs)) {
      const clean = filter.take(piece);
      if (clean.byteLength > 0) yield clean;
    }
    const rest = filter.rest();
    if (rest.byteLength > 0) yield rest;
  } catch (error) {
    caller.throwIfAborted();
    if (error instanceof SilentError)
      throw unavailable(`the provider of profile ${profile} fell silent in the middle of its answer`);
    log.warn({ err: error, profile }, "provider broke off its response");
    throw unavailable(`the provider of profile ${profile} broke its answer off`);
  }
}
