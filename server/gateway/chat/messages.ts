import type { Dialect } from "@/server/backends";
import { Answer, callId } from "./answer";
import type { ChatMessage, UserMessage } from "./chat";
import { imagesOf, textOf, userContent } from "./content";
import { carriedReasoning } from "./reasoning";
import type { Item } from "./schema";

const NO_OUTPUT = "[no output of this call was recorded]";
const CALL_TYPES = new Set(["function_call", "custom_tool_call", "tool_search_call", "local_shell_call"]);
const OUTPUT_TYPES = new Set(["function_call_output", "custom_tool_call_output", "tool_search_output"]);

/**
 * Translates a conversation's items to messages. What a model said and called in one answer becomes one message,
 * followed at once by the outputs of its calls. Every call gets an output, or providers would refuse the whole
 * conversation from then on.
 */
export function toMessages(
  items: Item[],
  dialect: Dialect,
  /** Texts that the one system message has before and after a conversation's own instructions. */
  instructions: { before: string; after: string },
): { messages: ChatMessage[]; dropped: string[] } {
  return new Conversation(dialect).read(items, instructions);
}

class Conversation {
  readonly messages: ChatMessage[] = [];
  /** What was left out, and why. */
  readonly dropped: string[] = [];
  /** The model's current answer, until an item of another kind comes. */
  #answer: Answer | null = null;
  /** Outputs by the id of their call, in order: some providers number their calls anew in each answer. */
  readonly #outputs = new Map<string, Item[]>();
  readonly #usedOutputs = new Set<Item>();
  constructor(private readonly dialect: Dialect) {}

  read(items: Item[], instructions: { before: string; after: string }): this {
    for (const item of items) {
      if (!OUTPUT_TYPES.has(item.type) || !item.call_id) continue;
      const queue = this.#outputs.get(item.call_id);
      if (queue) queue.push(item);
      else this.#outputs.set(item.call_id, [item]);
    }
    const first = items.findIndex((item) => !isInstruction(item));
    const leading = first === -1 ? items : items.slice(0, first);
    const texts = [instructions.before, ...leading.map((item) => textOf(item.content)), instructions.after];
    const system = texts.filter((text) => text !== "").join("\n\n");
    if (system !== "") this.messages.push({ role: "system", content: system });
    for (const item of items.slice(leading.length)) this.#add(item);
    this.#endAnswer();
    return this;
  }

  #add(item: Item): void {
    if (item.type === "message" && item.role === "assistant") this.#answerFor(item).say(textOf(item.content));
    else if (item.type === "reasoning") this.#addReasoning(item);
    else if (CALL_TYPES.has(item.type)) this.#answerFor(item).call(item);
    else if (OUTPUT_TYPES.has(item.type)) this.#addOutput(item);
    else if (item.type === "message" || item.type === "agent_message") this.#addIncoming(item);
    else if (item.type !== "additional_tools")
      this.dropped.push(`item ${item.type}: chat completions have no word for it`);
  }

  #addReasoning(item: Item): void {
    const carried = carriedReasoning(item);
    if (carried) this.#answerFor(item).think(carried);
    else this.dropped.push("reasoning: it is of another model");
  }

  #addOutput(item: Item): void {
    this.#endAnswer();
    // The call's message has included it, unless it belongs to no call.
    if (!this.#usedOutputs.has(item)) this.#addUserMessage({ ...item, content: item.output });
  }

  #addIncoming(item: Item): void {
    this.#endAnswer();
    if (isInstruction(item)) this.#addInstruction(textOf(item.content));
    else if (item.type === "message") this.#addUserMessage(item);
    else this.#push({ role: "user", content: `[${item.author} to ${item.recipient}]\n${textOf(item.content)}` });
  }

  #addUserMessage(item: Item): void {
    this.#push({ role: "user", content: userContent(item.content, this.dialect.hasImages) });
  }

  #addInstruction(text: string): void {
    if (this.dialect.laterInstructions === "system") this.messages.push({ role: "system", content: text });
    else this.#push({ role: "user", content: `<instructions>\n${text}\n</instructions>` });
  }

  #push(message: UserMessage): void {
    const last = this.messages.at(-1);
    const { bridge } = this.dialect;
    if (bridge && last?.role === "tool") this.messages.push({ role: "assistant", content: bridge });
    if (this.dialect.joinsUserMessages && last?.role === "user")
      last.content = joinContents(last.content, message.content);
    else this.messages.push(message);
  }

  /** Returns the answer to which an item belongs. Two answers in a row are kept apart. */
  #answerFor(item: Item): Answer {
    this.#answer ??= new Answer();
    return this.#answer.continueWith(item);
  }

  #endAnswer(): void {
    const answer = this.#answer;
    this.#answer = null;
    const message = answer?.message(this.dialect);
    if (!answer || !message) return;
    this.messages.push(message);
    const images: UserMessage[] = [];
    for (const call of answer.calls) {
      const output = this.#outputs.get(call.id)?.shift();
      if (output) this.#usedOutputs.add(output);
      const id = callId(call.id, this.dialect);
      this.messages.push({ role: "tool", tool_call_id: id, content: output ? outputText(output) : NO_OUTPUT });
      const outputImages = output ? imagesOf(output.output) : [];
      // A tool's message holds only text.
      if (outputImages.length === 0) continue;
      const parts = [
        { type: "input_text", text: `The images of ${call.function.name} (${call.id}):` },
        ...outputImages,
      ];
      images.push({ role: "user", content: userContent(parts, this.dialect.hasImages) });
    }
    for (const message of images) this.#push(message);
  }
}

function isInstruction(item: Item): boolean {
  return item.type === "message" && (item.role === "developer" || item.role === "system");
}

function outputText(output: Item): string {
  if (output.type === "tool_search_output") return JSON.stringify({ tools: output.tools ?? [] });
  // Some providers refuse an empty output.
  return textOf(output.output) || (imagesOf(output.output).length > 0 ? "[an image, which follows]" : "[empty]");
}

function joinContents(first: UserMessage["content"], second: UserMessage["content"]): UserMessage["content"] {
  if (typeof first === "string" && typeof second === "string") return `${first}\n\n${second}`;
  return [...partsOf(first), ...partsOf(second)];
}

function partsOf(content: UserMessage["content"]) {
  return typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
}
