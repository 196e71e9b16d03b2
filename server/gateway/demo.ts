import { z } from "zod";
import { answerDemo } from "@/demo/model";
import { InvalidInputError } from "@/server/errors";
import type { ModelAnswer } from "./answer-model";

/** Answers by the scripted model, in this process. */
export async function answerByDemo(text: string, signal: AbortSignal): Promise<ModelAnswer> {
  const events = answerDemo(parseBody(text), signal)[Symbol.asyncIterator]();
  // The first event is made now, so that an invalid body throws here and not in the middle of a stream.
  const first = await events.next().catch((error: unknown) => {
    if (error instanceof z.ZodError) throw new InvalidInputError("the body is not a request of the Responses API");
    throw error;
  });

  async function* frames(): AsyncGenerator<Uint8Array> {
    for (let step = first; !step.done; step = await events.next()) {
      const { event, data } = step.value;
      yield Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }
  return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, body: frames() };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInputError("the body is not valid JSON");
  }
}
