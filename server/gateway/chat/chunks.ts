import { createParser, type EventSourceMessage } from "eventsource-parser";
import { jsonIn } from "@/contract/json-in";
import { Chunk, isTextChunk } from "./chunk";

/** The maximum length of an answer; also of one line, because a call may write a whole file in it. */
export const ANSWER_CHARS_MAX = 16 * 1024 * 1024;
/**
 * What is made from a read is many times its size and is kept until the next read, so a long read is processed in
 * pieces.
 */
const PIECE_BYTES = 4 * 1024;
const DONE = "[DONE]";

/**
 * Yields the chunks of a provider's stream as they arrive, those of one piece together. What cannot be read becomes a
 * chunk with an error.
 */
export async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  observe?: (chunk: Chunk) => unknown,
): AsyncGenerator<Chunk[]> {
  const pending: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => pending.push(event),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") throw error;
    },
    maxBufferSize: ANSWER_CHARS_MAX,
  });
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      parser.feed(decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true }));
      const events = pending.splice(0);
      const doneAt = events.findIndex(({ data }) => data === DONE);
      const chunks = (doneAt === -1 ? events : events.slice(0, doneAt)).map(chunkOfEvent);
      for (const chunk of chunks) observe?.(chunk);
      yield chunks;
      if (doneAt !== -1) return;
    }
  }
}

function chunkOfEvent({ event, data }: EventSourceMessage): Chunk {
  const chunk = readChunk(data);
  if (event !== "error" || chunk.error) return chunk;
  const parsed = jsonIn(data);
  const message = (parsed as { message?: unknown } | null | undefined)?.message;
  return { error: { message: typeof message === "string" ? message : data } };
}

/** Reads one chunk, or a whole answer. */
export function readChunk(text: string): Chunk {
  const value = jsonIn(text);
  if (isTextChunk(value)) return value;
  const parsed = Chunk.safeParse(value);
  if (parsed.success) return parsed.data;
  return { error: { message: "the provider sent what is no answer of chat completions" } };
}
