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
const Said = z.object({
  content: z.union([z.string(), z.array(z.object({ text: Text }))]).nullish(),
  refusal: Text,
  reasoning_content: Text,
  reasoning: Text,
  tool_calls: z.array(CallDelta).nullish(),
});
export type Said = z.infer<typeof Said>;

const Choice = z.object({ delta: Said.nullish(), message: Said.nullish(), finish_reason: Text });

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
export function isPlain(value: unknown): value is Chunk {
  const { choices, usage, error, base_resp } = record(value);
  if (!Array.isArray(choices) || choices.length !== 1) return false;
  if (!isAbsent(usage) || !isAbsent(error) || !isAbsent(base_resp)) return false;
  const { delta, message, finish_reason } = record(choices[0]);
  if (!isAbsent(message) || !isTextOrAbsent(finish_reason)) return false;
  const said = record(delta);
  return (
    typeof said.content === "string" &&
    isAbsent(said.tool_calls) &&
    isTextOrAbsent(said.refusal) &&
    isTextOrAbsent(said.reasoning_content) &&
    isTextOrAbsent(said.reasoning)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return typeof value === "string" || isAbsent(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Returns the text of a content, which some providers send in parts. */
export function contentOf(said: Said): string {
  if (typeof said.content === "string") return said.content;
  return (said.content ?? []).map(({ text }) => text ?? "").join("");
}

/**
 * Converts usage from chat completions to the Responses API, by which every call is accounted for. Counts that the
 * provider left out are left out. null: the tokens read or written are unknown, without which agents accept no usage.
 */
export function responsesUsage(usage: Record<string, unknown>) {
  const total = count(usage.total_tokens);
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  const inputDetails = record(usage.prompt_tokens_details);
  const outputDetails = record(usage.completion_tokens_details);
  const input = prompt ?? rest(total, completion);
  const reasoning = count(outputDetails.reasoning_tokens);
  const said = completion ?? rest(total, prompt);
  if (input === null || said === null) return null;
  const isBeside = reasoning !== null && isBesideThem(reasoning, { prompt, completion, total });
  const output = isBeside ? said + reasoning : said;
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
function isBesideThem(reasoning: number, { prompt, completion, total }: Counts): boolean {
  if (completion === null) return false;
  if (total === null || prompt === null) return reasoning > completion;
  return reasoning > 0 && total === prompt + completion + reasoning;
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}

function rest(total: number | null, part: number | null): number | null {
  return total === null || part === null || part > total ? null : total - part;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
