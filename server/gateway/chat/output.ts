import { randomUUID } from "node:crypto";
import { jsonIn } from "@/contract/json-in";
import { GatheredText } from "./gathered-text";
import { carryReasoning, type ReasoningWay } from "./reasoning";
import type { KnownTools } from "./tools";

export type ResponseEvent = { type: string; sequence_number: number; [key: string]: unknown };
type OutputItem = Record<string, unknown> & { type: string; id: string };
type Entry = { index: number; item: OutputItem; isDone: boolean };
export type CallEntry = Entry & { callId: string; name: string; args: GatheredText };
type TextEntry = Entry & { kind: "reasoning" | "text"; text: GatheredText; way: ReasoningWay };

/**
 * Writes an answer as the events of a response, in the order that agents expect. Reasoning and text stay one item until
 * another begins. Calls stay open until the answer is known to be complete, because an agent runs a call that is done.
 */
export class ResponseWriter {
  readonly #answerId = randomUUID().replaceAll("-", "");
  readonly #createdAt = Math.floor(Date.now() / 1_000);
  readonly #entries: Entry[] = [];
  #currentText: TextEntry | null = null;
  #events: ResponseEvent[] = [];
  #sequence = 0;
  constructor(
    private readonly model: string,
    private readonly tools: KnownTools,
  ) {}

  /** Returns the events written since the last take. */
  take(): ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  start(): void {
    this.#write("response.created", { response: this.response("in_progress") });
    this.alive();
  }

  /** Writes an event that only says that more will come: agents give up a stream that is silent for long. */
  alive(): void {
    this.#write("response.in_progress", { response: this.response("in_progress") });
  }

  reason(delta: string, way: ReasoningWay): void {
    const textEntry = this.#openText("reasoning", way);
    textEntry.text.add(delta);
    const at = { item_id: textEntry.item.id, output_index: textEntry.index, summary_index: 0 };
    this.#writeDelta("response.reasoning_summary_text.delta", at, delta);
  }

  say(delta: string): void {
    const textEntry = this.#openText("text", "think");
    textEntry.text.add(delta);
    const at = { item_id: textEntry.item.id, output_index: textEntry.index, content_index: 0 };
    this.#writeDelta("response.output_text.delta", at, delta);
  }

  /** Ends the current reasoning or text. `gap` is the white space that followed inline reasoning. */
  endText(gap = "", status: "completed" | "incomplete" = "completed"): void {
    const textEntry = this.#currentText;
    this.#currentText = null;
    if (!textEntry) return;
    textEntry.isDone = true;
    const at = { item_id: textEntry.item.id, output_index: textEntry.index };
    const text = textEntry.text.read();
    if (textEntry.kind === "reasoning") {
      const part = { type: "summary_text", text };
      textEntry.item = { ...textEntry.item, summary: [part], encrypted_content: carryReasoning(textEntry.way, gap) };
      this.#write("response.reasoning_summary_text.done", { ...at, summary_index: 0, text });
      this.#write("response.reasoning_summary_part.done", { ...at, summary_index: 0, part });
    } else {
      const part = textPart(text);
      textEntry.item = { ...textEntry.item, status, content: [part] };
      this.#write("response.output_text.done", { ...at, content_index: 0, text });
      this.#write("response.content_part.done", { ...at, content_index: 0, part });
    }
    this.#write("response.output_item.done", { output_index: textEntry.index, item: textEntry.item });
  }

  /** Begins a call. */
  call(callId: string, name: string): CallEntry {
    this.endText();
    const item = this.#callItem(`fc_${this.#answerId}_${this.#entries.length}`, callId, name, "", "in_progress");
    const entry: CallEntry = {
      index: this.#entries.length,
      item,
      isDone: false,
      callId,
      name,
      args: new GatheredText(),
    };
    this.#entries.push(entry);
    this.#write("response.output_item.added", { output_index: entry.index, item });
    return entry;
  }

  callDelta(entry: CallEntry, delta: string): void {
    entry.args.add(delta);
    // Which part of a freeform tool's JSON is its input is known only at its end.
    if (entry.item.type !== "function_call") return;
    const at = { item_id: entry.item.id, output_index: entry.index };
    this.#writeDelta("response.function_call_arguments.delta", at, delta);
  }

  endCall(entry: CallEntry): void {
    const collected = entry.args.read();
    const args = collected.trim() === "" ? "{}" : collected;
    entry.item = this.#callItem(entry.item.id, entry.callId, entry.name, args, "completed");
    entry.isDone = true;
    const at = { item_id: entry.item.id, output_index: entry.index };
    if (entry.item.type === "function_call") {
      const whole = { ...at, name: entry.item.name, arguments: args };
      this.#write("response.function_call_arguments.done", whole);
    } else if (entry.item.type === "custom_tool_call") {
      const { input } = entry.item;
      this.#write("response.custom_tool_call_input.delta", { ...at, delta: input });
      this.#write("response.custom_tool_call_input.done", { ...at, input });
    }
    this.#write("response.output_item.done", { output_index: entry.index, item: entry.item });
  }

  end(status: "completed" | "incomplete" | "failed", more: Record<string, unknown>): void {
    this.#write(`response.${status}`, { response: this.response(status, more) });
  }

  /** Returns the whole response as it stands; unfinished items are marked so. */
  response(status: string, more: Record<string, unknown> = {}): Record<string, unknown> {
    const output = this.#entries.map(({ item, isDone }) =>
      isDone || status === "in_progress" ? item : { ...item, status: "incomplete" },
    );
    return {
      id: `resp_${this.#answerId}`,
      object: "response",
      created_at: this.#createdAt,
      status,
      model: this.model,
      output: status === "in_progress" ? [] : output,
      error: null,
      incomplete_details: null,
      ...more,
    };
  }

  #openText(kind: TextEntry["kind"], way: ReasoningWay): TextEntry {
    if (this.#currentText?.kind === kind && this.#currentText.way === way) return this.#currentText;
    this.endText();
    const index = this.#entries.length;
    const isReasoning = kind === "reasoning";
    const id = `${isReasoning ? "rs" : "msg"}_${this.#answerId}_${index}`;
    const item: OutputItem = isReasoning
      ? { type: "reasoning", id, summary: [], encrypted_content: "" }
      : { type: "message", id, status: "in_progress", role: "assistant", content: [] };
    const textEntry: TextEntry = { index, item, isDone: false, kind, text: new GatheredText(), way };
    this.#currentText = textEntry;
    this.#entries.push(textEntry);
    const at = { item_id: id, output_index: index };
    this.#write("response.output_item.added", { output_index: index, item });
    if (isReasoning) this.#write("response.reasoning_summary_part.added", { ...at, summary_index: 0, part: SUMMARY });
    else this.#write("response.content_part.added", { ...at, content_index: 0, part: textPart("") });
    return textEntry;
  }

  #callItem(id: string, callId: string, name: string, args: string, status: string): OutputItem {
    const { kind, name: toolName, namespace } = this.tools.meaningOf(name);
    const shared = { id, call_id: callId, status };
    if (kind === "custom") return { type: "custom_tool_call", ...shared, name: toolName, input: inputOf(args) };
    if (kind === "tool_search")
      return { type: "tool_search_call", ...shared, execution: "client", arguments: jsonIn(args) ?? {} };
    return { type: "function_call", ...shared, name: toolName, ...(namespace ? { namespace } : {}), arguments: args };
  }

  /** Extends a delta of the same item that was not taken yet, instead of adding an event. */
  #writeDelta(type: string, at: { item_id: string } & Record<string, unknown>, delta: string): void {
    const last = this.#events.at(-1);
    if (last?.type === type && last.item_id === at.item_id) last.delta = `${last.delta}${delta}`;
    else this.#write(type, { ...at, delta });
  }

  #write(type: string, fields: Record<string, unknown>): void {
    this.#events.push({ type, sequence_number: this.#sequence, ...fields });
    this.#sequence += 1;
  }
}

const SUMMARY = { type: "summary_text", text: "" };

/** Returns a freeform tool's input: the call's `input`, or the whole text where the model wrote no JSON around it. */
function inputOf(text: string): string {
  const value = jsonIn(text);
  const input = typeof value === "object" && value !== null ? (value as { input?: unknown }).input : undefined;
  return typeof input === "string" ? input : text;
}

function textPart(text: string): Record<string, unknown> {
  return { type: "output_text", text, annotations: [] };
}
