import { jsonIn } from "@/contract/json-in";
import type { TokenUsage } from "@/contract/usage";
import { type Failure, failureIn } from "@/server/backends";

export type { TokenUsage } from "@/contract/usage";

/** A last event holds the whole answer; a longer one is passed on uncounted. */
const TEXT_CHARS_MAX = 16 * 1024 * 1024;
/** A higher count of tokens is not believed: nobody has sent that many. */
const TOKENS_MAX = 2_147_483_647;

const LINE_FEED = 10;
/** A line that reports an end holds one of these. */
const END_MARKERS = ["response.completed", "response.incomplete", "response.failed", '"error"'] as const;
const END = /"response\.(completed|incomplete|failed)"|"error"/;
/** The names of events with the model's output begin with this. */
const OUTPUT_EVENT_PREFIX = "response.output_";

/** How the model itself ended its answer; null: it has not. */
export type AnswerEnd = "completed" | "incomplete" | "failed";

/** Watches a passing answer of the Responses API, streamed or whole, and remembers its end and its usage. */
export class AnswerReader {
  readonly #decoder = new TextDecoder();
  #text = "";
  #isTooLong = false;
  #isAtLineStart = true;
  end: AnswerEnd | null = null;
  usage: TokenUsage | null = null;
  /** What went wrong, where the provider reported it. */
  failure: Failure | null = null;
  /** Whether the model has said something, or has ended its answer well. */
  isAnswering = false;

  constructor(private readonly isStream: boolean) {}

  read(chunk: Uint8Array): void {
    if (this.isStream && this.#isPlain(chunk)) return;
    const text = this.#decoder.decode(chunk, { stream: true });
    const lines = this.isStream ? text.split("\n") : [text];
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#takeLine(this.#text + line);
      this.#text = "";
      this.#isTooLong = false;
    }
    this.#keep(rest);
  }

  /** Whether a chunk is whole lines without an end among them, as nearly all are: decoding them would cost more. */
  #isPlain(chunk: Uint8Array): boolean {
    const wasAtLineStart = this.#isAtLineStart;
    this.#isAtLineStart = chunk.at(-1) === LINE_FEED;
    if (!wasAtLineStart || !this.#isAtLineStart) return false;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.isAnswering ||= bytes.includes(OUTPUT_EVENT_PREFIX);
    return !END_MARKERS.some((end) => bytes.includes(end));
  }

  /** Judges a whole answer once nothing more comes. */
  close(): void {
    if (this.isStream || this.#isTooLong) return;
    const answer = jsonIn(this.#text);
    if (!isRecord(answer)) return;
    this.failure = failureIn({ error: answer.error });
    this.end = endOf(answer.status) ?? (this.failure ? "failed" : "completed");
    this.isAnswering = this.end !== "failed";
    this.usage = usageOf(answer);
  }

  #keep(text: string): void {
    if (this.#isTooLong) return;
    this.#text += text;
    if (this.#text.length <= TEXT_CHARS_MAX) return;
    this.#text = "";
    this.#isTooLong = true;
  }

  #takeLine(line: string): void {
    if (!line.startsWith("data:")) return;
    this.isAnswering ||= line.includes(OUTPUT_EVENT_PREFIX);
    if (!END.test(line)) return;
    const event = jsonIn(line.slice(5));
    if (!isRecord(event)) return;
    if (event.type === "error") {
      this.end = "failed";
      this.failure = failureIn({ error: event.error ?? event });
      return;
    }
    const [, status] = /^response\.(.+)$/.exec(String(event.type)) ?? [];
    const end = endOf(status);
    if (end === null) return;
    this.end = end;
    this.isAnswering ||= end !== "failed";
    this.usage = usageOf(event.response) ?? this.usage;
    if (end === "failed" && isRecord(event.response)) this.failure = failureIn({ error: event.response.error });
  }
}

function endOf(status: unknown): AnswerEnd | null {
  return status === "completed" || status === "incomplete" || status === "failed" ? status : null;
}

/** Returns the usage that a whole answer reports; null: it reports none. */
export function usageOf(response: unknown): TokenUsage | null {
  if (!isRecord(response) || !isRecord(response.usage)) return null;
  const { usage } = response;
  const input = isRecord(usage.input_tokens_details) ? usage.input_tokens_details : {};
  const output = isRecord(usage.output_tokens_details) ? usage.output_tokens_details : {};
  return {
    inputTokens: countOf(usage.input_tokens),
    cachedInputTokens: countOf(input.cached_tokens),
    outputTokens: countOf(usage.output_tokens),
    reasoningTokens: countOf(output.reasoning_tokens),
  };
}

function countOf(value: unknown): number | null {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= TOKENS_MAX ? Number(value) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
