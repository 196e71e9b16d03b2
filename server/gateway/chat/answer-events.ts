import { type Failed, failedBy, failureIn } from "@/server/backends";
import { CallCollector } from "./calls";
import { type Chunk, contentOf, type MessageDelta, responsesUsage } from "./chunk";
import { ANSWER_CHARS_MAX } from "./chunks";
import { type ResponseEvent, ResponseWriter } from "./output";
import type { Translated } from "./request";
import { type ThinkPiece, ThinkSplitter } from "./think";

/** Finish reasons of a complete answer, and of one that was stopped. Any other reason means that the answer failed. */
const COMPLETE_REASONS = new Set(["stop", "tool_calls", "function_call", "eos", "end_turn", "stop_sequence"]);
const INCOMPLETE_REASONS = new Map([
  ["length", "max_output_tokens"],
  ["max_tokens", "max_output_tokens"],
  ["content_filter", "content_filter"],
  ["sensitive", "content_filter"],
]);

export const TOO_LONG_MESSAGE = "its answer is longer than 16 MB";

/** The parts of a request that are needed to read its answer. */
export type AnswerContext = { model: string } & Pick<Translated, "tools" | "callIds">;

/** Turns the chunks of one chat-completions answer into the events of a response as they arrive. */
export class AnswerEvents {
  readonly #writer: ResponseWriter;
  readonly #calls: CallCollector;
  readonly #splitter = new ThinkSplitter();
  #isTalking = false;
  /** Characters received: all of them are kept until the last event, which contains them all. */
  #length = 0;
  #finish: string | null = null;
  #failed: Failed | null = null;
  /** As the provider last counted it. */
  #usage: ReturnType<typeof responsesUsage> = null;

  constructor(
    { model, tools, callIds }: AnswerContext,
    private readonly key: string | null,
  ) {
    this.#writer = new ResponseWriter(model, tools);
    this.#calls = new CallCollector(this.#writer, new Set(callIds));
  }

  get hasFailed(): boolean {
    return this.#failed !== null;
  }

  start(): ResponseEvent[] {
    this.#writer.start();
    return this.#writer.take();
  }

  /** Takes chunks that arrived together and returns their events: consecutive text of one kind becomes one event. */
  take(...chunks: Chunk[]): ResponseEvent[] {
    for (const chunk of chunks) this.#readChunk(chunk);
    return this.#writer.take();
  }

  alive(): ResponseEvent[] {
    this.#writer.alive();
    return this.#writer.take();
  }

  /** Returns the last events. `cut` says why nothing more came, for an answer that the provider did not end. */
  end(cutReason: string): ResponseEvent[] {
    const usage = this.#usage ? { usage: this.#usage } : {};
    const error = this.#failed ?? this.#errorAtEnd(cutReason);
    if (error) this.#writer.end("failed", { ...usage, error });
    else this.#endWithoutError(usage);
    return this.#writer.take();
  }

  #readChunk(chunk: Chunk): void {
    if (chunk.usage) this.#usage = responsesUsage(chunk.usage) ?? this.#usage;
    const failure = failureIn(chunk);
    if (failure) this.#failed ??= failedBy(failure, this.key);
    const choice = failure ? undefined : chunk.choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    if (delta) this.#readDelta(delta);
    this.#finish = choice?.finish_reason || this.#finish;
  }

  /** Returns what is wrong with an answer that reported no error itself; null: nothing. */
  #errorAtEnd(cutReason: string): Failed | null {
    if (this.#finish === null) return serverError(cutReason);
    if (INCOMPLETE_REASONS.has(this.#finish)) return null;
    if (!COMPLETE_REASONS.has(this.#finish)) return serverError(`the provider ended its answer with ${this.#finish}`);
    const isMissing = this.#finish === "tool_calls" && this.#calls.count === 0;
    const isComplete = this.#calls.areNamed && !isMissing;
    return isComplete ? null : serverError("the provider told of a call and did not send it");
  }

  #endWithoutError(usage: Record<string, unknown>): void {
    this.#writePieces(this.#splitter.end());
    const reason = INCOMPLETE_REASONS.get(this.#finish ?? "");
    this.#writer.endText("", reason ? "incomplete" : "completed");
    if (reason) this.#writer.end("incomplete", { ...usage, incomplete_details: { reason } });
    else {
      this.#calls.end();
      this.#writer.end("completed", usage);
    }
  }

  #readDelta(delta: MessageDelta): void {
    if (delta.reasoning_content) this.#writer.reason(delta.reasoning_content, "reasoning_content");
    else if (delta.reasoning) this.#writer.reason(delta.reasoning, "reasoning");
    const content = contentOf(delta);
    this.#length += content.length + (delta.reasoning_content ?? delta.reasoning ?? "").length;
    this.#length += delta.refusal?.length ?? 0;
    if (content !== "") this.#writePieces(this.#splitter.push(content));
    // codex knows only text in messages and would drop a refusal part.
    if (delta.refusal) this.#writer.say(delta.refusal);
    if (delta.tool_calls?.length) this.#writePieces(this.#splitter.endGap());
    for (const call of delta.tool_calls ?? []) this.#calls.take(call);
    if (this.#length + this.#calls.length > ANSWER_CHARS_MAX)
      this.#failed ??= serverError(`the provider failed: ${TOO_LONG_MESSAGE}`);
  }

  #writePieces(pieces: ThinkPiece[]): void {
    for (const { kind, text } of pieces) {
      if (kind === "reasoning") this.#writer.reason(text, "think");
      else if (kind === "gap") this.#writer.endText(text);
      // White space arrives alone where there is nothing else: it does not become a message.
      else if (this.#isTalking || text.trim() !== "") {
        this.#isTalking = true;
        this.#writer.say(text);
      }
    }
  }
}

function serverError(message: string): Failed {
  return { code: "server_error", message };
}
