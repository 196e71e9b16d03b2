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
  /** The provider takes nothing until a while from now. */
  onLimited: (limit: ProviderLimit) => void;
  /** The provider has taken a request that was sent then, in milliseconds since 1970. */
  onTaken: (sentAtMs: number) => void;
};
type SentRequest = Pick<ModelRequest, "body" | "headers" | "signal">;
export type ProviderAnswer = {
  status: number;
  headers: Headers;
  body: AsyncIterable<Uint8Array>;
  /** When the try began that was answered, in milliseconds since 1970. */
  sentAtMs: number;
};

/** Has a closer look at what is answered: a provider may refuse by other ways than its status. */
type Reading<Read> = { read: (answer: ProviderAnswer) => Promise<Read | Refusal> };

/** What of the agent's headers means something to a provider. */
const FORWARDED = ["accept", "openai-beta"] as const;

/**
 * Sends a request to its provider with the key added, and answers what its caller reads of an answer whose status does
 * not refuse. Whether the request has then been taken is for the caller to say as well. The resource is the part of
 * the address that follows the profile's `baseUrl`.
 *
 * What passes by itself is tried again a few times, after the pause that the provider asks for; never once a provider
 * has begun to answer, since what was said cannot be taken back. A body ends with an error when its provider falls
 * silent, and is read no faster than the caller takes it.
 *
 * @throws AgentRunError in our words, and without the key, where the provider was not reached or refused.
 */
export async function sendToProvider<Read extends object>(
  provider: Provider,
  resource: "responses" | "chat/completions",
  request: SentRequest & Reading<Read>,
): Promise<Read> {
  const { bounds } = provider;
  for (let tried = 1; ; tried += 1) {
    const answer = await tryOnce(provider, resource, request);
    const outcome = isRefusal(answer) ? answer : await request.read(answer);
    if (!isRefusal(outcome)) return outcome;
    const pauseMs = tried < bounds.triesMax ? pauseBefore(tried, outcome, bounds) : null;
    if (pauseMs === null) {
      const { until, error, isPassing } = outcome;
      const limit = limitOf({ until, message: error.message, isLasting: !isPassing });
      if (error.failureKind === "rate-limited") provider.onLimited(limit);
      throw error;
    }
    await sleep(pauseMs, undefined, { signal: request.signal });
  }
}

/** How long to wait before asking again; null where that would be in vain, or longer than is waited here. */
function pauseBefore(tried: number, { isPassing, until }: Refusal, bounds: Bounds): number | null {
  if (!isPassing) return null;
  const askedMs = until === null ? 0 : until.getTime() - Date.now();
  if (askedMs > bounds.pauseMaxMs) return null;
  // At random, so that agents that were refused together do not come again together.
  const ownMs = bounds.pauseMs * 2 ** (tried - 1) * (0.5 + Math.random());
  return Math.max(askedMs, ownMs);
}

async function tryOnce(provider: Provider, resource: string, request: SentRequest): Promise<ProviderAnswer | Refusal> {
  const { bounds } = provider;
  const sentAtMs = Date.now();
  const given = new AbortController();
  const signal = AbortSignal.any([request.signal, given.signal]);
  const patience = setTimeout(() => given.abort(), bounds.answerMs);
  try {
    const url = new URL(`${provider.baseUrl.replace(/\/+$/, "")}/${resource}`);
    const { body: asked } = request;
    const { connectMs } = bounds;
    const answer = await post(url, { headers: headersOf(provider, request), body: asked, signal, connectMs });
    // A redirect is refused with the rest: followed, it could carry the key somewhere else.
    if (answer.status < 200 || answer.status > 299) return await readRefusal(provider, answer);
    const { status, headers, body } = answer;
    return { status, headers, body: listen(provider, body, request.signal), sentAtMs };
  } catch (error) {
    request.signal.throwIfAborted();
    const isLate = given.signal.aborted;
    return { error: notReached(provider, error, isLate), isPassing: !isLate, until: null };
  } finally {
    clearTimeout(patience);
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

function notReached({ log, profile, bounds }: Provider, error: unknown, isLate: boolean): AgentRunError {
  log.warn({ err: error, profile }, "the provider was not reached");
  const seconds = Math.ceil(bounds.answerMs / 1_000);
  if (isLate) return unavailable(`the provider of profile ${profile} did not begin to answer within ${seconds} s`);
  return unavailable(`the provider of profile ${profile} was not reached: see the server's log`);
}

/** The pieces of an answer, without the key; an error in our words where it falls silent or breaks off. */
async function* listen(
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
    log.warn({ err: error, profile }, "the provider broke its answer off");
    throw unavailable(`the provider of profile ${profile} broke its answer off`);
  }
}
