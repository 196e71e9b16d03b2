/** Tokens as a provider counted them for one answer. */
export type TokenUsage = { inputTokens: number; cachedInputTokens: number; outputTokens: number };

/** A last event holds the whole answer; what is longer than this is passed on uncounted. */
const LINE_MAX = 16 * 1024 * 1024;

/** Watches a stream of Responses events go by and remembers the usage that its last event reports. */
export class UsageReader {
  readonly #decoder = new TextDecoder();
  #line = "";
  #isTooLong = false;
  usage: TokenUsage | null = null;
  /** Whether the provider ended its answer, well or not; a stream without such an end was cut off. */
  hasEnded = false;

  read(chunk: Uint8Array): void {
    const parts = this.#decoder.decode(chunk, { stream: true }).split("\n");
    const rest = parts.pop() ?? "";
    for (const part of parts) {
      this.#take(this.#line + part);
      this.#line = "";
      this.#isTooLong = false;
    }
    if (this.#isTooLong) return;
    this.#line += rest;
    if (this.#line.length > LINE_MAX) {
      this.#line = "";
      this.#isTooLong = true;
    }
  }

  #take(line: string): void {
    if (!line.startsWith("data:") || !/"response\.(completed|incomplete|failed)"/.test(line)) return;
    const event = parse(line.slice(5));
    if (!isRecord(event) || !/^response\.(completed|incomplete|failed)$/.test(String(event.type))) return;
    this.hasEnded = true;
    this.usage = usageOf(event.response) ?? this.usage;
  }
}

/** The usage that a whole answer reports; null when it reports none. */
export function usageOf(response: unknown): TokenUsage | null {
  if (!isRecord(response) || !isRecord(response.usage)) return null;
  const { usage } = response;
  const details = isRecord(usage.input_tokens_details) ? usage.input_tokens_details : {};
  return {
    inputTokens: countOf(usage.input_tokens),
    cachedInputTokens: countOf(details.cached_tokens),
    outputTokens: countOf(usage.output_tokens),
  };
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
