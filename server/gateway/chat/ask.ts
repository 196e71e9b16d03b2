import { type Dialect, type Failed, isContextOverflow } from "@/server/backends";
import { isAgentRunError } from "@/server/errors";
import { type ModelAnswer, type ModelRequest, once } from "@/server/gateway/answer-model";
import type { Refusal } from "@/server/gateway/refusal";
import { type Provider, type ProviderAnswer, sendToProvider } from "@/server/gateway/send";
import { unavailable } from "@/server/gateway/unavailable";
import { AnswerEvents, type AskedOf, TOO_LONG } from "./answer-events";
import type { Chunk } from "./chunk";
import { ANSWER_MAX, chunksOf, readChunk } from "./chunks";
import { refusalOf } from "./failure";
import { judgeOf, refusalIn } from "./judge";
import type { ResponseEvent } from "./output";
import { type Translated, translateRequest } from "./request";

type Chunks = AsyncIterable<Chunk[]> | Iterable<Chunk[]>;

/** How error messages of providers name the form of an answer when they do not support schemas, or not this one. */
const FORM_NAMED = /response.?format|json.?schema|guided|structured.?output/i;

const SSE = "text/event-stream";
/** How long a provider may send nothing of an answer before the agent is told that it is still there. */
const ALIVE_AFTER_MS = 10_000;

/** Asks a provider that has only chat completions, and answers as the Responses API would. */
export async function askByChat(provider: Provider, dialect: Dialect, request: ModelRequest): Promise<ModelAnswer> {
  const { asked, chunks } = await sendInForm(provider, dialect, request);
  // Without the messages, which are long: an answer takes minutes.
  const { chat, tools, callIds } = asked;
  const answering = { provider, asked: { model: chat.model, tools, callIds }, signal: request.signal, chunks };
  if (asked.isStream)
    return { status: 200, headers: { "content-type": `${SSE}; charset=utf-8` }, body: tell(answering, encode) };
  const response = await wholeResponse(provider, tell(answering, lastOf));
  return { status: 200, headers: { "content-type": "application/json" }, body: once(JSON.stringify(response)) };
}

/**
 * Asks for the form of the answer as the dialect requires. Where the provider's refusal names that form, asks again in
 * words: self-hosted servers differ in this, and a schema may use what a provider's does not support.
 */
async function sendInForm(
  provider: Provider,
  dialect: Dialect,
  request: ModelRequest,
): Promise<{ asked: Translated; chunks: Chunks }> {
  const asked = translate(provider, dialect, request);
  try {
    return { asked, chunks: await send(provider, asked, request) };
  } catch (error) {
    if (asked.chat.response_format === undefined || !isFormRefused(error)) throw error;
    const { profile } = provider;
    provider.log.info({ profile }, "the provider refuses the form of the answer, which is asked for in words");
    const inWords = translate(provider, { ...dialect, responseFormat: "none" }, request);
    return { asked: inWords, chunks: await send(provider, inWords, request) };
  }
}

function translate(provider: Provider, dialect: Dialect, request: ModelRequest): Translated {
  const asked = translateRequest(request.body, dialect);
  const { profile } = provider;
  if (asked.dropped.length > 0) provider.log.debug({ profile, dropped: asked.dropped }, "left out of a chat request");
  return asked;
}

function isFormRefused(error: unknown): boolean {
  return isAgentRunError(error) && error.reason === "invalid-input" && FORM_NAMED.test(error.message);
}

/** Sends a request. An answer with an error and status 200 counts as a refusal too. */
async function send(provider: Provider, asked: Translated, request: ModelRequest): Promise<Chunks> {
  const { headers, signal } = request;
  const read = (answer: ProviderAnswer) => readAnswer(provider, answer, asked.isStream);
  try {
    const body = JSON.stringify(asked.chat);
    return await sendToProvider(provider, "chat/completions", { body, headers, signal, read });
  } catch (error) {
    if (!isAgentRunError(error) || error.reason !== "invalid-input" || !isContextOverflow(error.message)) throw error;
    // Within a stream codex understands this error, and shortens its conversation before the next turn.
    if (asked.isStream) return [[{ error: { code: "context_length_exceeded", message: error.message } }]];
    throw error;
  }
}

async function readAnswer(provider: Provider, answer: ProviderAnswer, isStream: boolean): Promise<Chunks | Refusal> {
  const { headers, body, sentAtMs } = answer;
  if (headers.get("content-type")?.startsWith(SSE)) return chunksOf(body, judgeOf(provider, answer));
  const whole = await readWhole(provider, body);
  const refusal = refusalIn(provider, answer, whole);
  if (refusal === null) provider.onTaken(sentAtMs);
  else if (!(isStream && refusal.code === "context_length_exceeded")) {
    const { code, error } = refusal;
    provider.log.warn({ profile: provider.profile, code, said: error.message }, "the provider refused a request");
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
    if (bytes > ANSWER_MAX) throw unavailable(`the provider of profile ${profile} failed: ${TOO_LONG}`);
  }
  return readChunk(Buffer.concat(pieces, bytes).toString("utf8"));
}

type Answering = { provider: Provider; asked: AskedOf; signal: AbortSignal; chunks: Chunks };

/**
 * Yields the response's events, those of one piece together. `inForm` converts them at once, so that nothing is kept in
 * another form. The last event says how the answer ended, unless the caller has gone.
 */
async function* tell<Form>(
  { provider, asked, signal, chunks }: Answering,
  inForm: (events: ResponseEvent[]) => Form,
): AsyncGenerator<Form> {
  const answer = new AnswerEvents(asked, provider.key);
  yield inForm(answer.start());
  let cut = "the provider's stream ended before its answer did";
  let saidAt = Date.now();
  try {
    for await (const arrived of chunks) {
      const events = answer.take(...arrived);
      if (answer.hasFailed) break;
      if (events.length === 0 && Date.now() - saidAt < ALIVE_AFTER_MS) continue;
      saidAt = Date.now();
      yield inForm(events.length === 0 ? answer.alive() : events);
    }
  } catch (error) {
    if (signal.aborted) return;
    provider.log.warn({ err: error, profile: provider.profile }, "the provider's stream broke off");
    cut = isAgentRunError(error) ? error.message : "the provider's stream could not be read";
  }
  yield inForm(answer.end(cut));
}

function encode(events: ResponseEvent[]): Uint8Array {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
}

function lastOf(events: ResponseEvent[]): ResponseEvent | undefined {
  return events.at(-1);
}

/** @throws AgentRunError when the answer failed. */
async function wholeResponse(provider: Provider, told: AsyncIterable<ResponseEvent | undefined>): Promise<unknown> {
  let last: ResponseEvent | undefined;
  for await (const event of told) last = event;
  const response = last?.response as { error?: Failed | null } | undefined;
  if (response?.error) throw refusalOf(provider.profile, response.error);
  return response;
}
