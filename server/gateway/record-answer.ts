import { REASON_STATUS } from "@/contract/errors";
import { jsonIn } from "@/contract/json-in";
import { cleanText } from "@/contract/text";
import { toAgentRunError } from "@/server/errors";
import type { CallEnd, OpenCall } from "@/server/usage";
import type { ModelAnswer, WatchedAnswer } from "./answer-model";
import { AnswerReader } from "./usage";

const MODEL_NAME_MAX = 200;

/** Has a call noted with its times, its tokens and its end, whichever way it goes and whoever answers it. */
export async function recordAnswer(
  call: OpenCall,
  signal: AbortSignal,
  ask: () => Promise<WatchedAnswer>,
): Promise<ModelAnswer> {
  try {
    const answer = await ask();
    const { status, headers } = answer;
    return { status, headers, body: watchBody(call, signal, answer) };
  } catch (error) {
    call.end(signal.aborted ? leftAlone(null) : brokenBy(error, null));
    throw error;
  }
}

async function* watchBody(call: OpenCall, signal: AbortSignal, answer: WatchedAnswer): AsyncGenerator<Uint8Array> {
  const reader = new AnswerReader(answer.headers["content-type"]?.startsWith("text/event-stream") ?? false);
  const { status } = answer;
  // Until it is known to have gone otherwise: who stops reading in the middle has left.
  let end: CallEnd = leftAlone(status);
  try {
    for await (const chunk of answer.body) {
      call.noteFirstByte();
      reader.read(chunk);
      answer.look?.(reader);
      yield chunk;
    }
    reader.close();
    answer.look?.(reader);
    // Some answers end in order when their agent has gone.
    if (!signal.aborted) end = brokenBy(null, status);
  } catch (error) {
    if (!signal.aborted) end = brokenBy(error, status);
    throw error;
  } finally {
    // What the model itself said of its end counts, whatever became of the connection after that.
    const { usage } = reader;
    if (reader.end === "failed") call.end({ ...failure("model-failed", status), usage });
    else if (reader.end !== null)
      call.end({ outcome: "ok", failureKind: null, reason: null, httpStatus: status, usage });
    else call.end({ ...end, usage });
  }
}

function leftAlone(httpStatus: number | null): CallEnd {
  return { outcome: "aborted", failureKind: "cancelled", reason: "agent-gone", httpStatus, usage: null };
}

function failure(reason: string, httpStatus: number | null): CallEnd {
  return { outcome: "failed", failureKind: "backend-failed", reason, httpStatus, usage: null };
}

/** An error before the answer began is answered with its own status; after that the answer is cut. */
function brokenBy(error: unknown, begunWith: number | null): CallEnd {
  if (begunWith !== null) return failure("answer-cut", begunWith);
  const { failureKind, reason } = toAgentRunError(error);
  const httpStatus = REASON_STATUS[reason];
  return { outcome: httpStatus < 500 ? "refused" : "failed", failureKind, reason, httpStatus, usage: null };
}

/** A request as codex writes it, which may be long: its first key names the model. */
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*("(?:[^"\\]|\\.)*")/;
/** That key, in whichever case. */
const ANY_MODEL = /"model"/gi;
/** A letter of that key in another spelling. */
const SPELT_OTHERWISE = /\\u00[46][45cdf]/i;

/**
 * The model that a request names; null where it names none, two, or one of a name that is none. By it a call is allowed
 * and priced, so it is the one that a provider reads: of a key that is there twice nearly all take the last, and some do
 * not look at its case, so that none may stand there in another.
 */
export function modelAsked(body: string): string | null {
  const [start = "", quoted] = MODEL_FIRST.exec(body) ?? [];
  const first = quoted === undefined ? undefined : jsonIn(quoted);
  const isAlone = quoted !== undefined && !hasModel(body, start.length) && !SPELT_OTHERWISE.test(body);
  const model = isAlone ? first : modelIn(jsonIn(body));
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
