import { REASON_STATUS } from "@/contract/errors";
import { jsonIn } from "@/contract/json-in";
import { cleanText } from "@/contract/text";
import { toAgentRunError } from "@/server/errors";
import type { CallEnd, OpenCall } from "@/server/usage";
import type { ModelAnswer, WatchedAnswer } from "./answer-model";
import { AnswerReader } from "./usage";

const MODEL_NAME_MAX = 200;

/** Records a call with its times, its tokens and its end, whatever the outcome and whoever answers. */
export async function recordAnswer(
  call: OpenCall,
  signal: AbortSignal,
  callProvider: () => Promise<WatchedAnswer>,
): Promise<ModelAnswer> {
  try {
    const answer = await callProvider();
    const { status, headers } = answer;
    return { status, headers, body: watchBody(call, signal, answer) };
  } catch (error) {
    call.end(signal.aborted ? abandonedEnd(null) : endByError(error, null));
    throw error;
  }
}

async function* watchBody(call: OpenCall, signal: AbortSignal, answer: WatchedAnswer): AsyncGenerator<Uint8Array> {
  const reader = new AnswerReader(answer.headers["content-type"]?.startsWith("text/event-stream") ?? false);
  const { status } = answer;
  // The default until another end is known: a reader that stops in the middle has left.
  let end: CallEnd = abandonedEnd(status);
  try {
    for await (const chunk of answer.body) {
      call.noteFirstByte();
      reader.read(chunk);
      answer.onRead?.(reader);
      yield chunk;
    }
    reader.close();
    answer.onRead?.(reader);
    // Some answers end in order although their agent has gone.
    if (!signal.aborted) end = endByError(null, status);
  } catch (error) {
    if (!signal.aborted) end = endByError(error, status);
    throw error;
  } finally {
    // How the model itself ended its answer counts, whatever became of the connection afterwards.
    const { usage } = reader;
    if (reader.end === "failed") call.end({ ...failedEnd("model-failed", status), usage });
    else if (reader.end !== null)
      call.end({ outcome: "ok", failureKind: null, reason: null, httpStatus: status, usage });
    else call.end({ ...end, usage });
  }
}

function abandonedEnd(httpStatus: number | null): CallEnd {
  return { outcome: "aborted", failureKind: "cancelled", reason: "agent-gone", httpStatus, usage: null };
}

function failedEnd(reason: string, httpStatus: number | null): CallEnd {
  return { outcome: "failed", failureKind: "backend-failed", reason, httpStatus, usage: null };
}

/** An error before the answer began has a status of its own; afterwards the answer is cut. */
function endByError(error: unknown, sentStatus: number | null): CallEnd {
  if (sentStatus !== null) return failedEnd("answer-cut", sentStatus);
  const { failureKind, reason } = toAgentRunError(error);
  const httpStatus = REASON_STATUS[reason];
  return { outcome: httpStatus < 500 ? "refused" : "failed", failureKind, reason, httpStatus, usage: null };
}

/** Requests may be long; as codex writes them, the first key names the model. */
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*("(?:[^"\\]|\\.)*")/;
/** The same key, in any case. */
const ANY_MODEL = /"model"/gi;
/** A character of that key as an escape. */
const ESCAPED_KEY = /\\u00[46][45cdf]/i;

/**
 * Returns the model that a request names; null: it names none or two, or the name is not valid. The call is allowed and
 * priced by this model, so it must be the one that a provider reads. Nearly all providers take the last of two equal
 * keys, and some ignore a key's case, so no spelling of the key may occur twice.
 */
export function requestedModelOf(body: string): string | null {
  const [start = "", quoted] = MODEL_FIRST.exec(body) ?? [];
  const first = quoted === undefined ? undefined : jsonIn(quoted);
  const isFirstOnly = quoted !== undefined && !hasModel(body, start.length) && !ESCAPED_KEY.test(body);
  const model = isFirstOnly ? first : modelIn(jsonIn(body));
  if (typeof model !== "string" || (first !== undefined && first !== model)) return null;
  return model === "" || model.length > MODEL_NAME_MAX ? null : cleanText(model);
}

function hasModel(body: string, from: number): boolean {
  ANY_MODEL.lastIndex = from;
  return ANY_MODEL.test(body);
}

function modelIn(request: unknown): unknown {
  if (typeof request !== "object" || request === null) return null;
  const isTwice = Object.keys(request).some((key) => key !== "model" && key.toLowerCase() === "model");
  return isTwice ? null : (request as { model?: unknown }).model;
}
