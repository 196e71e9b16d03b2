import type { Logger } from "pino";
import { redactJson, redactText } from "@/server/events";
import type { ModelGrant } from "@/server/identity";
import type { ModelAnswer } from "./answer-model";
import { AnswerTextReader } from "./said-reader";

/** The maximum length of each body; a longer one is cut and marked as cut. */
const BODY_CHARS_MAX = 256 * 1024;

/**
 * Logs, redacted, what a run's agent asks and what its model answers, because somebody asked for it. The request is
 * logged before its answer arrives, and so also where there will be none.
 */
export async function logBodies(
  log: Logger,
  { runId, profile }: ModelGrant,
  body: string,
  pendingAnswer: Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  log.info({ runId, profile, body: redactBody(body) }, "model request body");
  const answer = await pendingAnswer;
  return { ...answer, body: passOn() };

  async function* passOn(): AsyncGenerator<Uint8Array> {
    const reader = new AnswerTextReader(answer.headers["content-type"]?.startsWith("text/event-stream") ?? false);
    try {
      for await (const chunk of answer.body) {
        reader.read(chunk);
        yield chunk;
      }
    } finally {
      log.info({ runId, profile, status: answer.status, body: redactBody(reader.text()) }, "model response body");
    }
  }
}

/** Redacts a body before cutting it: by key where it is JSON, as every request is that a model understands. */
function redactBody(body: string): string {
  try {
    return truncate(JSON.stringify(redactJson(JSON.parse(body))));
  } catch {
    return truncate(redactText(body));
  }
}

function truncate(text: string): string {
  return text.length <= BODY_CHARS_MAX ? text : `${text.slice(0, BODY_CHARS_MAX)}… (cut)`;
}
