import { randomUUID } from "node:crypto";
import type { Model } from "./model-server";

/** A tool of codex that the model calls, with its namespace where it has one. */
type Call = { name: string; arguments: object; namespace?: string };
/** What codex sent: everything said so far, as text, and the outputs of the tools that were called, newest last. */
type Asked = { text: string; outputs: string[] };

/**
 * Makes a model that answers by a script: with words, or with a tool call. `tokensOf` says how many tokens it reports
 * for a request.
 */
export function scriptedModel(script: (asked: Asked) => string | Call, tokensOf = (_: Asked) => 1): Model {
  return async function* (body) {
    const asked = readAsked(body);
    const said = script(asked);
    const inputTokens = tokensOf(asked);
    const id = randomUUID();
    const item =
      typeof said === "string"
        ? { type: "message", role: "assistant", content: [{ type: "output_text", text: said, annotations: [] }] }
        : { type: "function_call", call_id: `call_${id}`, ...said, arguments: JSON.stringify(said.arguments) };
    const response = {
      id: `resp_${id}`,
      usage: { input_tokens: inputTokens, output_tokens: 1, total_tokens: inputTokens + 1 },
    };
    yield { event: "response.created", data: { type: "response.created", response } };
    yield {
      event: "response.output_item.done",
      data: { type: "response.output_item.done", output_index: 0, item: { id: `item_${id}`, ...item } },
    };
    yield { event: "response.completed", data: { type: "response.completed", response } };
  };
}

function readAsked(body: unknown): Asked {
  const { input } = body as { input: { type: string; output?: unknown }[] };
  const outputs = input.filter(({ type }) => type === "function_call_output").map(({ output }) => String(output));
  return { text: JSON.stringify(input), outputs };
}
