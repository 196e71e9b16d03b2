import { type Dialect, type Failed, isContextOverflow } from "@/server/backends";
import { isAgentRunError } from "@/server/errors";
import { type ModelAnswer, type ModelRequest, singleChunk } from "@/server/gateway/answer-model";
import type { Refusal } from "@/server/gateway/refusal";
import { type Provider, type ProviderAnswer, sendToProvider } from "@/server/gateway/send";
import { unavailable } from "@/server/gateway/unavailable";
import { type AnswerContext, AnswerEvents, TOO_LONG_MESSAGE } from "./answer-events";
import type { Chunk } from "./chunk";
import { ANSWER_CHARS_MAX, chunksOf, readChunk } from "./chunks";
import { refusalOf } from "./failure";
import { observerOf, refusalIn } from "./judge";
import type { ResponseEvent } from "./output";
import { type Translated, translateRequest } from "./request";

type Chunks = AsyncIterable<Chunk[]> | Iterable<Chunk[]>;

/** How error messages of providers name the form of an answer when they do not support schemas, or not this one. */
const NAMES_FORMAT = /response.?format|json.?schema|guided|structured.?output/i;

const SSE = "text/event-stream";
/** How long a provider may send nothing of an answer before the agent is told that it is still there. */
const ALIVE_AFTER_MS = 10_000;

/** Asks a provider that has only chat completions, and answers as the Responses API would. */
export async function askByChat(provider: Provider, dialect: Dialect, request: ModelRequest): Promise<ModelAnswer> {
  const { asked: translated, chunks } = await sendWithFormat(provider, dialect, request);
  // Without the messages, which are long: an answer takes minutes.
  const { chat, tools, callIds } = translated;
  const chatAnswer = { provider, asked: { model: chat.model, tools, callIds }, signal: request.signal, chunks };
  if (translated.isStream)
    return {
      status: 200,
      headers: { "content-type": `${SSE}; charset=utf-8` },
      body: convertAnswer(chatAnswer, encode),
    };
  const response = await wholeResponse(provider, convertAnswer(chatAnswer, lastEvent));
  return { status: 200, headers: { "content-type": "application/json" }, body: singleChunk(JSON.stringify(response)) };
}

/**
 * Asks for the form of the answer as the dialect requires. Where the provider's refusal names that form, asks again in
 * words: self-hosted servers differ in this, and a schema may use what a provider's does not support.
 */
async function sendWithFormat(
  provider: Provider,
  dialect: Dialect,
  request: ModelRequest,
): Promise<{ asked: Translated; chunks: Chunks }> {
  const translated = translate(provider, dialect, request);
  try {
    return { asked: translated, chunks: await send(provider, translated, request) };
  } catch (error) {
    if (translated.chat.response_format === undefined || !isFormatRefused(error)) throw error;
    const { profile } = provider;
    provider.log.info({ profile }, "provider rejects the response format: asking for it in the prompt");
    const inPrompt = translate(provider, { ...dialect, responseFormat: "none" }, request);
    return { asked: inPrompt, chunks: await send(provider, inPrompt, request) };
  }
}

function translate(provider: Provider, dialect: Dialect, request: ModelRequest): Translated {
  const translated = translateRequest(request.body, dialect);
  const { profile } = provider;
  if (translated.dropped.length > 0)
    provider.log.debug({ profile, dropped: translated.dropped }, "dropped parts of a chat request");
  return translated;
}

function isFormatRefused(error: unknown): boolean {
  return isAgentRunError(error) && error.reason === "invalid-input" && NAMES_FORMAT.test(error.message);
}

/** Sends a request. An answer with an error and status 200 counts as a refusal too. */
async function send(provider: Provider, translated: Translated, request: ModelRequest): Promise<Chunks> {
  const { headers, signal } = request;
  const read = (answer: ProviderAnswer) => readAnswer(provider, answer, translated.isStream);
  try {
    const body = JSON.stringify(translated.chat);
    return await sendToProvider(provider, "chat/completions", { body, headers, signal, read });
  } catch (error) {
    if (!isAgentRunError(error) || error.reason !== "invalid-input" || !isContextOverflow(error.message)) throw error;
    // Within a stream codex understands this error, and shortens its conversation before the next turn.
    if (translated.isStream) return [[{ error: { code: "context_length_exceeded", message: error.message } }]];
    throw error;
  }
}

async function readAnswer(provider: Provider, answer: ProviderAnswer, isStream: boolean): Promise<Chunks | Refusal> {
  const { headers, body, sentAtMs } = answer;
  if (headers.get("content-type")?.startsWith(SSE)) return chunksOf(body, observerOf(provider, answer));
  const whole = await readWhole(provider, body);
  const refusal = refusalIn(provider, answer, whole);
  if (refusal === null) provider.onAccepted(sentAtMs);
  else if (!(isStream && refusal.code === "context_length_exceeded")) {
    const { code, error } = refusal;
    provider.log.warn({ profile: provider.profile, code, reason: error.message }, "provider rejected the request");
    return refusal;
  }
  return [[whole]];
}

/** @throws AgentRunError for an answer over the limit. */
async function readWhole({ profile }: Provider, body: AsyncIterable<Uint8Array>): Promise<Chunk> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > ANSWER_CHARS_MAX) throw unavailable(`the provider of profile ${profile} failed: ${TOO_LONG_MESSAGE}`);
  }
  return readChunk(Buffer.concat(pieces, bytes).toString("utf8"));
}

type ChatAnswer = { provider: Provider; asked: AnswerContext; signal: AbortSignal; chunks: Chunks };

/**
 * Yields the response's events, those of one piece together. `inForm` converts them at once, so that nothing is kept in
 * another form. The last event says how the answer ended, unless the caller has gone.
 */
async function* convertAnswer<Form>(
  { provider, asked, signal, chunks }: ChatAnswer,
  convert: (events: ResponseEvent[]) => Form,
): AsyncGenerator<Form> {
  const answer = new AnswerEvents(asked, provider.key);
  yield convert(answer.start());
  let cutReason = "the provider's stream ended before its answer did";
  let lastSentAt = Date.now();
  try {
    for await (const batch of chunks) {
      const events = answer.take(...batch);
      if (answer.hasFailed) break;
      if (events.length === 0 && Date.now() - lastSentAt < ALIVE_AFTER_MS) continue;
      lastSentAt = Date.now();
      yield convert(events.length === 0 ? answer.alive() : events);
    }
  } catch (error) {
    if (signal.aborted) return;
    provider.log.warn({ err: error, profile: provider.profile }, "provider's stream broke off");
    cutReason = isAgentRunError(error) ? error.message : "the provider's stream could not be read";
  }
  yield convert(answer.end(cutReason));
}

function encode(events: ResponseEvent[]): Uint8Array {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
}

function lastEvent(events: ResponseEvent[]): ResponseEvent | undefined {
  return events.at(-1);
}

/** @throws AgentRunError when the answer failed. */
async function wholeResponse(provider: Provider, events: AsyncIterable<ResponseEvent | undefined>): Promise<unknown> {
  let last: ResponseEvent | undefined;
  for await (const event of events) last = event;
  const response = last?.response as { error?: Failed | null } | undefined;
  if (response?.error) throw refusalOf(provider.profile, response.error);
  return response;
}
