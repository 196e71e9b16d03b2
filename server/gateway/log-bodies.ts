import type { Logger } from "pino";
import { redactJson, redactText } from "@/server/events";
import type { ModelGrant } from "@/server/identity";
import type { ModelAnswer } from "./answer-model";
import { SaidReader } from "./said-reader";

/** The maximum length of each body; a longer one is cut and marked as cut. */
const LOGGED_MAX = 256 * 1024;

/**
 * Logs, redacted, what a run's agent asks and what its model answers, because somebody asked for it. The request is
 * logged before its answer arrives, and so also where there will be none.
 */
export async function logBodies(
  log: Logger,
  { runId, profile }: ModelGrant,
  body: string,
  answering: Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  log.info({ runId, profile, body: shown(body) }, "asked of the model");
  const answer = await answering;
  return { ...answer, body: watch() };

  async function* watch(): AsyncGenerator<Uint8Array> {
    const reader = new SaidReader(answer.headers["content-type"]?.startsWith("text/event-stream") ?? false);
    try {
      for await (const chunk of answer.body) {
        reader.read(chunk);
        yield chunk;
      }
    } finally {
      log.info({ runId, profile, status: answer.status, body: shown(reader.said()) }, "answered by the model");
    }
  }
}

/** Redacts a body before cutting it: by key where it is JSON, as every request is that a model understands. */
function shown(body: string): string {
  try {
    return cut(JSON.stringify(redactJson(JSON.parse(body))));
  } catch {
    return cut(redactText(body));
  }
}

function cut(text: string): string {
  return text.length <= LOGGED_MAX ? text : `${text.slice(0, LOGGED_MAX)}… (cut)`;
}
