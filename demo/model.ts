import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { readConversation } from "./conversation";
import { nextStep, type Step } from "./script";

/** One server-sent event of the Responses API: `data` holds `type` as well. */
export interface DemoEvent {
  event: string;
  data: { type: string; [key: string]: unknown };
}

// Slow enough that a person sees it write, fast enough that a test does not wait.
const WORD_DELAY_MS = 18;
const CHARS_PER_TOKEN = 4;

/**
 * The scripted model behind the profile `demo`: answers a Responses API request as a stream of events.
 * The conversation in the request decides alone, so it works across restarts and for any number of sessions.
 * It ends early, without an error, when the signal aborts. A body that is no such request throws a ZodError.
 */
export async function* answerDemo(
  body: unknown,
  signal: AbortSignal,
  wordDelayMs = WORD_DELAY_MS,
): AsyncIterable<DemoEvent> {
  const conversation = readConversation(body);
  const step = nextStep(conversation);
  const id = `resp_${randomUUID()}`;
  yield event("response.created", {
    response: { id, object: "response", status: "in_progress", model: "demo", output: [] },
  });
  if (step.fail) {
    yield event("response.failed", { response: { id, object: "response", status: "failed", error: step.fail } });
    return;
  }
  try {
    yield* streamStep(step, signal, wordDelayMs);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const outputChars = `${step.thinking ?? ""}${step.say ?? ""}${JSON.stringify(step.call ?? "")}`.length;
  const inputTokens = Math.ceil(conversation.inputChars / CHARS_PER_TOKEN);
  const outputTokens = Math.ceil(outputChars / CHARS_PER_TOKEN);
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: Math.ceil((step.thinking?.length ?? 0) / CHARS_PER_TOKEN) },
    total_tokens: inputTokens + outputTokens,
  };
  yield event("response.completed", {
    response: { id, object: "response", status: "completed", model: "demo", output: [], usage },
  });
}

async function* streamStep(step: Step, signal: AbortSignal, delayMs: number): AsyncIterable<DemoEvent> {
  let index = 0;
  if (step.thinking !== undefined) {
    const item = { type: "reasoning", id: `rs_${randomUUID()}`, summary: [] };
    yield event("response.output_item.added", { output_index: index, item });
    yield event("response.reasoning_summary_part.added", { item_id: item.id, output_index: index, summary_index: 0 });
    for (const delta of splitWords(step.thinking)) {
      yield event("response.reasoning_summary_text.delta", {
        item_id: item.id,
        output_index: index,
        summary_index: 0,
        delta,
      });
      await pause(delayMs, undefined, { signal });
    }
    yield event("response.output_item.done", {
      output_index: index,
      item: { ...item, summary: [{ type: "summary_text", text: step.thinking }] },
    });
    index += 1;
  }
  if (step.say !== undefined) {
    const item = { type: "message", id: `msg_${randomUUID()}`, role: "assistant", content: [] };
    yield event("response.output_item.added", { output_index: index, item });
    for (const delta of splitWords(step.say)) {
      yield event("response.output_text.delta", { item_id: item.id, output_index: index, content_index: 0, delta });
      await pause(delayMs, undefined, { signal });
    }
    yield event("response.output_item.done", {
      output_index: index,
      item: { ...item, content: [{ type: "output_text", text: step.say, annotations: [] }] },
    });
    index += 1;
  }
  if (step.call !== undefined) {
    const item = {
      type: "function_call",
      id: `fc_${randomUUID()}`,
      call_id: `call_${randomUUID()}`,
      ...step.call,
      arguments: JSON.stringify(step.call.arguments),
    };
    yield event("response.output_item.done", { output_index: index, item });
  }
}

function event(type: string, fields: Record<string, unknown>): DemoEvent {
  return { event: type, data: { type, ...fields } };
}

function splitWords(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
