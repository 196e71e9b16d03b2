import { jsonIn } from "@/contract/json-in";
import type { Dialect } from "@/server/backends";
import { InvalidInputError } from "@/server/errors";
import type { ChatRequest } from "./chat";
import { toMessages } from "./messages";

import { type Item, ResponsesRequest, type ToolChoice } from "./schema";
import { chatName, type KnownTools, ToolBox } from "./tools";

export type Translated = {
  chat: ChatRequest;
  tools: KnownTools;
  isStream: boolean;
  /** Ids of calls in this conversation: a new call gets another id. */
  callIds: Set<string>;
  /** What was left out, and why. */
  dropped: string[];
};

/**
 * Translates a request of the Responses API to chat completions.
 *
 * @throws InvalidInputError for a body that is not such a request, or that refers to a stored answer: none is stored
 * here.
 */
export function translateRequest(body: string, dialect: Dialect): Translated {
  const request = parseRequest(body);
  const items: Item[] =
    typeof request.input === "string" ? [{ type: "message", role: "user", content: request.input }] : request.input;
  const tools = toolsOf(request, items, dialect);
  const format = responseFormatOf(request.text?.format, dialect);
  const instructions = { before: request.instructions ?? "", after: format.instruction };
  const { messages, dropped } = toMessages(items, dialect, instructions);
  const isStream = request.stream === true;
  const chat: ChatRequest = {
    model: request.model,
    messages,
    ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...toolFields(request, tools, dialect),
    ...effortFields(request.reasoning?.effort ?? null, dialect),
    ...(request.max_output_tokens ? { [dialect.maxTokensKey]: request.max_output_tokens } : {}),
    ...format.field,
    ...(typeof request.temperature === "number" ? { temperature: request.temperature } : {}),
    ...(typeof request.top_p === "number" ? { top_p: request.top_p } : {}),
  };
  const callIds = new Set(items.flatMap((item) => item.call_id ?? []));
  return { chat, tools: tools.known, isStream, callIds, dropped: [...tools.dropped, ...dropped] };
}

function parseRequest(body: string): ResponsesRequest {
  const parsed = ResponsesRequest.safeParse(jsonIn(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    throw new InvalidInputError(`the body is not a request of the Responses API: ${where}${issue?.message ?? ""}`);
  }
  if (parsed.data.previous_response_id)
    throw new InvalidInputError("previous_response_id: answers are not kept here, send the whole conversation");
  return parsed.data;
}

/** Returns the request's tools, and those that the conversation has added or found since. */
function toolsOf(request: ResponsesRequest, items: Item[], dialect: Dialect): ToolBox {
  const tools = new ToolBox(dialect.hasStrictTools);
  tools.addAll(request.tools ?? []);
  for (const item of items)
    if (item.type === "additional_tools" || item.type === "tool_search_output") tools.addAll(item.tools ?? []);
  return tools;
}

function toolFields(request: ResponsesRequest, tools: ToolBox, dialect: Dialect): Partial<ChatRequest> {
  const choice = toolChoiceOf(request.tool_choice, tools);
  if (tools.definitions.length === 0) return {};
  return {
    tools: tools.definitions,
    // `auto` and parallel calls are the defaults, and some providers refuse to be told them.
    ...(choice && dialect.hasToolChoice ? { tool_choice: choice } : {}),
    ...(request.parallel_tool_calls === false && dialect.hasToolChoice ? { parallel_tool_calls: false } : {}),
  };
}

function toolChoiceOf(choice: ToolChoice | null | undefined, tools: ToolBox): ChatRequest["tool_choice"] {
  if (choice === "none" || choice === "required") return choice;
  if (typeof choice !== "object" || choice === null) return undefined;
  if (choice.type === "allowed_tools") {
    const allowed = Array.isArray(choice.tools) ? (choice.tools as { name?: unknown }[]) : [];
    tools.keepOnly(new Set(allowed.map(({ name }) => chatName(null, String(name)))));
    return choice.mode === "required" ? "required" : undefined;
  }
  return choice.name ? { type: "function", function: { name: chatName(null, choice.name) } } : undefined;
}

function effortFields(effort: string | null, dialect: Dialect): Partial<ChatRequest> {
  if (effort === null) return {};
  const thinking = { type: effort === "none" ? "disabled" : dialect.thinkingOn };
  if (dialect.effort === "thinking") return { thinking };
  if (dialect.effort === "effort") return { reasoning_effort: effort };
  return effort === "none" ? { thinking } : { reasoning_effort: effort };
}

/** Asks for a form of the answer: by `response_format` as far as the provider supports it, otherwise in words. */
function responseFormatOf(
  format: NonNullable<ResponsesRequest["text"]>["format"],
  dialect: Dialect,
): { field: Partial<ChatRequest>; instruction: string } {
  if (!format || format.type === "text") return { field: {}, instruction: "" };
  const { schema } = format;
  if (format.type === "json_schema" && schema && dialect.responseFormat === "json_schema") {
    const json_schema = { name: format.name ?? "answer", schema, ...(format.strict === true ? { strict: true } : {}) };
    return { field: { response_format: { type: "json_schema", json_schema } }, instruction: "" };
  }
  const field = dialect.responseFormat === "none" ? {} : { response_format: { type: "json_object" } };
  const schemaText = schema ? ` that fits this JSON schema:\n${JSON.stringify(schema)}` : ".";
  return { field, instruction: `Your final answer is JSON alone, without a fence around it${schemaText}` };
}
