import type { Logger } from "pino";
import { redactJson, redactText } from "@/server/events";
import type { ModelGrant } from "@/server/identity";
import type { ModelAnswer } from "./answer-model";

/** Of each body; what is longer is cut, and said to be. */
const LOGGED_MAX = 256 * 1024;

/** Has what a run's agent asks and what its model answers written to the log, redacted: somebody asked for it. */
export function logBodies(log: Logger, { runId, profile }: ModelGrant, body: string, answer: ModelAnswer): ModelAnswer {
  log.info({ runId, profile, body: shownRequest(body) }, "asked of the model");
  return { ...answer, body: watch() };

  async function* watch(): AsyncGenerator<Uint8Array> {
    const decoder = new TextDecoder();
    let said = "";
    try {
      for await (const chunk of answer.body) {
        if (said.length <= LOGGED_MAX) said += decoder.decode(chunk, { stream: true });
        yield chunk;
      }
    } finally {
      log.info({ runId, profile, status: answer.status, body: cut(redactText(said)) }, "answered by the model");
    }
  }
}

/** By key where it is JSON, as every request is that a model understands. */
function shownRequest(body: string): string {
  try {
    return cut(JSON.stringify(redactJson(JSON.parse(body))));
  } catch {
    return cut(redactText(body));
  }
}

function cut(text: string): string {
  return text.length <= LOGGED_MAX ? text : `${text.slice(0, LOGGED_MAX)}… (cut)`;
}
