import { CallGatherer } from "./calls";
import { type Chunk, contentOf, failureIn, responsesUsage, type Said } from "./chunk";
import { type Failed, failedBy } from "./failure";
import { type ResponseEvent, ResponseWriter } from "./output";
import type { Translated } from "./request";
import { type ThinkPiece, ThinkSplitter } from "./think";

/** Words for an answer that is whole, and for one that was stopped; all others mean that it failed. */
const WHOLE = new Set(["stop", "tool_calls", "function_call", "eos", "end_turn", "stop_sequence"]);
const STOPPED = new Map([
  ["length", "max_output_tokens"],
  ["max_tokens", "max_output_tokens"],
  ["content_filter", "content_filter"],
  ["sensitive", "content_filter"],
]);

/** Turns the chunks of one chat-completions answer into the events of a response, chunk by chunk. */
export class AnswerEvents {
  readonly #writer: ResponseWriter;
  readonly #calls: CallGatherer;
  readonly #think = new ThinkSplitter();
  #isTalking = false;
  #finish: string | null = null;
  #failed: Failed | null = null;
  /** As the provider counted it last. */
  #usage: ReturnType<typeof responsesUsage> = null;

  constructor(
    asked: Pick<Translated, "chat" | "tools" | "callIds">,
    private readonly key: string | null,
  ) {
    this.#writer = new ResponseWriter(asked.chat.model, asked.tools);
    this.#calls = new CallGatherer(this.#writer, new Set(asked.callIds));
  }

  get hasFailed(): boolean {
    return this.#failed !== null;
  }

  start(): ResponseEvent[] {
    return this.#writer.start();
  }

  take(chunk: Chunk): ResponseEvent[] {
    if (chunk.usage) this.#usage = responsesUsage(chunk.usage) ?? this.#usage;
    const failure = failureIn(chunk);
    if (failure) {
      this.#failed ??= failedBy(failure, this.key);
      return [];
    }
    const [choice] = chunk.choices ?? [];
    if (!choice) return [];
    const said = choice.delta ?? choice.message;
    const events = said ? this.#said(said) : [];
    this.#finish = choice.finish_reason || this.#finish;
    return events;
  }

  alive(): ResponseEvent {
    return this.#writer.alive();
  }

  /** How it ended; `cut` says why no more came where the provider did not say that it was over. */
  end(cut: string): ResponseEvent[] {
    const usage = this.#usage ? { usage: this.#usage } : {};
    const failed = this.#failed ?? (this.#finish === null ? serverError(cut) : null);
    if (failed) return this.#fail(failed, usage);
    const finish = this.#finish ?? "";
    const rest = this.#pieces(this.#think.end());
    const reason = STOPPED.get(finish);
    if (reason) {
      const talk = this.#writer.endTalk("", "incomplete");
      return [...rest, ...talk, this.#writer.end("incomplete", { ...usage, incomplete_details: { reason } })];
    }
    if (!WHOLE.has(finish)) return this.#fail(serverError(`the provider ended its answer with ${finish}`), usage);
    const talk = this.#writer.endTalk();
    const calls = this.#calls.end();
    const isMissing = finish === "tool_calls" && this.#calls.count === 0;
    if (!calls || isMissing) return this.#fail(serverError("the provider told of a call and did not send it"), usage);
    return [...rest, ...talk, ...calls, this.#writer.end("completed", usage)];
  }

  #said(said: Said): ResponseEvent[] {
    const events: ResponseEvent[] = [];
    if (said.reasoning_content) events.push(...this.#writer.reason(said.reasoning_content, "reasoning_content"));
    else if (said.reasoning) events.push(...this.#writer.reason(said.reasoning, "reasoning"));
    const content = contentOf(said);
    if (content !== "") events.push(...this.#pieces(this.#think.push(content)));
    // Codex knows no part of a message but text, and would drop a refusal that is one.
    if (said.refusal) events.push(...this.#writer.say(said.refusal));
    if (said.tool_calls?.length) events.push(...this.#pieces(this.#think.endGap()));
    for (const call of said.tool_calls ?? []) events.push(...this.#calls.take(call));
    return events;
  }

  #pieces(pieces: ThinkPiece[]): ResponseEvent[] {
    return pieces.flatMap((piece) => {
      if (piece.kind === "reasoning") return this.#writer.reason(piece.text, "think");
      if (piece.kind === "gap") return this.#writer.endTalk(piece.text);
      // White space comes alone where there is nothing else: no message is made of it.
      if (!this.#isTalking && piece.text.trim() === "") return [];
      this.#isTalking = true;
      return this.#writer.say(piece.text);
    });
  }

  #fail(failed: Failed, usage: Record<string, unknown>): ResponseEvent[] {
    return [this.#writer.end("failed", { ...usage, error: failed })];
  }
}

function serverError(message: string): Failed {
  return { code: "server_error", message };
}
