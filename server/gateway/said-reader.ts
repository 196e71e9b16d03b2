import { createParser } from "eventsource-parser";
import { jsonIn } from "@/contract/json-in";

/** A last event holds the whole answer; only the beginning of a longer one is kept. */
const TEXT_CHARS_MAX = 16 * 1024 * 1024;
const LAST_EVENT_TYPE = /^response\.(completed|incomplete|failed)$/;

/**
 * Collects what an answer said as unbroken texts, so that a secret in it can be recognised: of a stream its last event,
 * which contains everything; without one, what was said until then, joined for each item and part.
 */
export class AnswerTextReader {
  readonly #decoder = new TextDecoder();
  readonly #pieces = new Map<string, string>();
  readonly #parser = createParser({
    onEvent: ({ data }) => this.#take(data),
    onError: ({ type }) => {
      this.#isFull ||= type === "max-buffer-size-exceeded";
    },
    maxBufferSize: TEXT_CHARS_MAX,
  });
  #length = 0;
  #isFull = false;
  #last: string | null = null;

  constructor(private readonly isStream: boolean) {}

  read(chunk: Uint8Array): void {
    if (this.#isFull || this.#last !== null) return;
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.isStream) this.#parser.feed(text);
    else this.#add("", text);
  }

  /** Returns JSON, or a text where a whole answer is not JSON. */
  text(): string {
    if (this.#last !== null) return this.#last;
    if (!this.isStream)
      return this.#isFull ? withoutLastWord(this.#pieces.get("") ?? "") : (this.#pieces.get("") ?? "");
    return JSON.stringify([...this.#pieces].map(([of, text]) => ({ of, text: withoutLastWord(text) })));
  }

  #take(data: string): void {
    const event = (jsonIn(data) ?? {}) as Record<string, unknown>;
    if (LAST_EVENT_TYPE.test(String(event.type))) this.#last ??= data;
    else if (typeof event.delta === "string") {
      const { type, output_index, content_index, summary_index } = event;
      const part = content_index ?? summary_index ?? 0;
      this.#add(`${type} ${output_index ?? 0}.${part}`, event.delta);
    }
  }

  #add(of: string, text: string): void {
    this.#length += text.length;
    if (this.#length > TEXT_CHARS_MAX) this.#isFull = true;
    else this.#pieces.set(of, (this.#pieces.get(of) ?? "") + text);
  }
}

/** Drops the last word, which may be the beginning of a secret. */
function withoutLastWord(text: string): string {
  const end = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"));
  return `${text.slice(0, end + 1)}…`;
}
