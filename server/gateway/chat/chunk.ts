import { z } from "zod";
import { BaseResp } from "@/server/backends";

// Providers extend these forms freely: fields that are not used here must not break an answer.
const Text = z.string().nullish().catch(null);

const CallDelta = z.object({
  index: z.int().nullish().catch(null),
  id: Text,
  function: z.object({ name: Text, arguments: z.unknown().optional() }).nullish(),
});
export type CallDelta = z.infer<typeof CallDelta>;

/** What a model said, whole or in pieces: both have the same form. */
const MessageDelta = z.object({
  content: z.union([z.string(), z.array(z.object({ text: Text }))]).nullish(),
  refusal: Text,
  reasoning_content: Text,
  reasoning: Text,
  tool_calls: z.array(CallDelta).nullish(),
});
export type MessageDelta = z.infer<typeof MessageDelta>;

const Choice = z.object({ delta: MessageDelta.nullish(), message: MessageDelta.nullish(), finish_reason: Text });

/** A chunk of a stream, a whole answer, or the error that came instead. */
export const Chunk = z.object({
  choices: z.array(Choice).nullish(),
  usage: z.record(z.string(), z.unknown()).nullish().catch(null),
  error: z.unknown().optional(),
  base_resp: BaseResp,
});
export type Chunk = z.infer<typeof Chunk>;

/**
 * Whether a chunk is only a piece of the model's text or reasoning, as nearly all are. Checked by hand, because parsing
 * the schema costs more than everything else done with such a piece.
 */
export function isTextChunk(value: unknown): value is Chunk {
  const { choices, usage, error, base_resp } = recordOf(value);
  if (!Array.isArray(choices) || choices.length !== 1) return false;
  if (!isAbsent(usage) || !isAbsent(error) || !isAbsent(base_resp)) return false;
  const { delta, message, finish_reason } = recordOf(choices[0]);
  if (!isAbsent(message) || !isTextOrAbsent(finish_reason)) return false;
  const deltaFields = recordOf(delta);
  return (
    typeof deltaFields.content === "string" &&
    isAbsent(deltaFields.tool_calls) &&
    isTextOrAbsent(deltaFields.refusal) &&
    isTextOrAbsent(deltaFields.reasoning_content) &&
    isTextOrAbsent(deltaFields.reasoning)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return typeof value === "string" || isAbsent(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Returns the text of a content, which some providers send in parts. */
export function contentOf(delta: MessageDelta): string {
  if (typeof delta.content === "string") return delta.content;
  return (delta.content ?? []).map(({ text }) => text ?? "").join("");
}

/**
 * Converts usage from chat completions to the Responses API, by which every call is accounted for. Counts that the
 * provider left out are left out. null: the tokens read or written are unknown, without which agents accept no usage.
 */
export function responsesUsage(usage: Record<string, unknown>) {
  const total = count(usage.total_tokens);
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  const inputDetails = recordOf(usage.prompt_tokens_details);
  const outputDetails = recordOf(usage.completion_tokens_details);
  const input = prompt ?? remainder(total, completion);
  const reasoning = count(outputDetails.reasoning_tokens);
  const completionTokens = completion ?? remainder(total, prompt);
  if (input === null || completionTokens === null) return null;
  const isSeparate = reasoning !== null && isCountedSeparately(reasoning, { prompt, completion, total });
  const output = isSeparate ? completionTokens + reasoning : completionTokens;
  // DeepSeek reports cache hits outside the details.
  const cached = count(inputDetails.cached_tokens ?? usage.prompt_cache_hit_tokens);
  return {
    input_tokens: input,
    ...(cached === null ? {} : { input_tokens_details: { cached_tokens: cached } }),
    output_tokens: output,
    ...(reasoning === null ? {} : { output_tokens_details: { reasoning_tokens: reasoning } }),
    total_tokens: total || input + output,
  };
}

type Counts = Record<"prompt" | "completion" | "total", number | null>;

/** Whether a provider counts reasoning tokens in addition to those of the answer, rather than among them. */
function isCountedSeparately(reasoning: number, { prompt, completion, total }: Counts): boolean {
  if (completion === null) return false;
  if (total === null || prompt === null) return reasoning > completion;
  return reasoning > 0 && total === prompt + completion + reasoning;
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}

function remainder(total: number | null, part: number | null): number | null {
  return total === null || part === null || part > total ? null : total - part;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
