import { z } from "zod";

/** A part of a message's content, or of a tool's output. */
export const Part = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  image_url: z.string().nullish(),
  detail: z.string().nullish(),
});
export type Part = z.infer<typeof Part>;

/** One item of a conversation. Its type decides which fields it has; fields that are not used pass unchecked. */
export const Item = z.looseObject({
  type: z.string().default("message"),
  id: z.string().nullish(),
  role: z.string().nullish(),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  namespace: z.string().nullish(),
  arguments: z.unknown().optional(),
  input: z.string().nullish(),
  output: z.union([z.string(), z.array(Part)]).nullish(),
  action: z.unknown().optional(),
  tools: z.array(z.unknown()).nullish(),
  summary: z.array(Part).nullish(),
  encrypted_content: z.string().nullish(),
  author: z.string().nullish(),
  recipient: z.string().nullish(),
});
export type Item = z.infer<typeof Item>;

export const Tool = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
  /** The grammar of a freeform tool's input. */
  format: z.looseObject({ definition: z.string().nullish(), syntax: z.string().nullish() }).nullish(),
  /** The tools of a namespace. */
  tools: z.array(z.unknown()).nullish(),
  execution: z.string().nullish(),
});
export type Tool = z.infer<typeof Tool>;

const ToolChoice = z.union([
  z.string(),
  z.looseObject({ type: z.string(), name: z.string().nullish(), mode: z.string().nullish() }),
]);
export type ToolChoice = z.infer<typeof ToolChoice>;

const Format = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
export type Format = z.infer<typeof Format>;

/** A request of the Responses API, as far as chat completions can express it. */
export const ResponsesRequest = z.looseObject({
  model: z.string().min(1),
  instructions: z.string().nullish(),
  input: z.union([z.string(), z.array(Item)]),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: ToolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
  max_output_tokens: z.int().positive().nullish(),
  text: z.looseObject({ format: Format.nullish() }).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stream: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
});
export type ResponsesRequest = z.infer<typeof ResponsesRequest>;
