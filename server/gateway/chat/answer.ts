import { createHash } from "node:crypto";
import { jsonIn } from "@/contract/json-in";
import type { Dialect } from "@/server/backends";
import type { AssistantMessage, ChatToolCall } from "./chat";
import type { ReasoningWay } from "./reasoning";
import type { Item } from "./schema";
import { chatName, TOOL_SEARCH } from "./tools";

const SHORT_ID = /^[A-Za-z0-9]{9}$/;

/** What a model said in one answer. */
export class Answer {
  readonly calls: ChatToolCall[] = [];
  #content = "";
  #reasoning: { reasoning_content?: string; reasoning?: string } = {};
  #id: string | null = null;
  #isNext = false;

  /** Continues with another item. What it says is kept apart from what another answer said before. */
  continueWith(item: Item): this {
    const id = answerIdOf(item);
    this.#isNext = id === null || id !== this.#id;
    this.#id = id;
    return this;
  }

  say(text: string): void {
    this.#content += this.#isNext && this.#content !== "" && text !== "" ? `\n\n${text}` : text;
  }

  think(carried: { way: ReasoningWay; gap: string; text: string }): void {
    if (carried.way === "think") this.say(`<think>${carried.text}</think>${carried.gap}`);
    else this.#reasoning[carried.way] = (this.#reasoning[carried.way] ?? "") + carried.text;
  }

  call(item: Item): void {
    const id = item.call_id ?? item.id ?? `call_${this.calls.length}`;
    this.calls.push({ id, type: "function", function: calledFunction(item) });
  }

  /** Returns the answer as a message; null: nothing is left of it. */
  message(dialect: Dialect): AssistantMessage | null {
    const hasCalls = this.calls.length > 0;
    if (this.#content === "" && !hasCalls && Object.keys(this.#reasoning).length === 0) return null;
    return {
      role: "assistant",
      // Never null, which some providers refuse.
      content: this.#content,
      ...(dialect.needsReasoning && hasCalls ? { reasoning_content: "" } : {}),
      ...this.#reasoning,
      ...(hasCalls ? { tool_calls: this.calls.map((call) => ({ ...call, id: callId(call.id, dialect) })) } : {}),
    };
  }
}

/** Returns a call's id in the form that its provider accepts. The same call has the same id in every request. */
export function callId(id: string, { hasShortCallIds }: Dialect): string {
  if (!hasShortCallIds || SHORT_ID.test(id)) return id;
  return createHash("sha256").update(id).digest("hex").slice(0, 9);
}

/**
 * Returns the answer to which an item of ours belongs, by the item's id `<kind>_<answer>_<index>`; null: it is not
 * ours.
 */
function answerIdOf(item: Item): string | null {
  return /^[a-z]+_([0-9a-f]{32})_\d+$/.exec(item.id ?? "")?.[1] ?? null;
}

function calledFunction(item: Item): ChatToolCall["function"] {
  const name = item.name ?? "unknown";
  switch (item.type) {
    case "custom_tool_call":
      return { name: chatName(item.namespace, name), arguments: JSON.stringify({ input: item.input ?? "" }) };
    case "tool_search_call":
      return { name: TOOL_SEARCH, arguments: JSON.stringify(item.arguments ?? {}) };
    case "local_shell_call":
      return { name: "local_shell", arguments: JSON.stringify(item.action ?? {}) };
    default:
      return { name: chatName(item.namespace, name), arguments: validArguments(String(item.arguments ?? "")) };
  }
}

/**
 * Replaces arguments that are not a JSON object, as a model may write them: providers would refuse everything that
 * comes after.
 */
function validArguments(text: string): string {
  const value = jsonIn(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? text : JSON.stringify(text.trim() === "" ? {} : { invalid_arguments: text });
}
