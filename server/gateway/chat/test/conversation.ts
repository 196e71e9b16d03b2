import type { ChatPreset } from "@/contract/backend";
import { AnswerEvents } from "@/server/gateway/chat/answer-events";
import { Chunk } from "@/server/gateway/chat/chunk";
import type { ResponseEvent } from "@/server/gateway/chat/output";
import { translate } from "./translate";

/** Translates these chunks into the events of an answer, without what differs from answer to answer. */
export function eventsOf(chunks: unknown[], body: Record<string, unknown> = {}, preset: ChatPreset = "openai-chat") {
  const asked = translate({ model: "m", input: "hi", stream: true, ...body }, preset);
  const answer = new AnswerEvents({ ...asked, model: asked.chat.model }, "sk-the-key");
  const events = [...answer.start(), ...chunks.flatMap((chunk) => answer.take(Chunk.parse(chunk)))];
  return [...events, ...answer.end("cut off")];
}

// biome-ignore lint/suspicious/noExplicitAny: the response as JSON, of which tests read what they are about.
export const responseOf = (events: ResponseEvent[]) => events.at(-1)?.response as any;

/** Writes the events as text, with one id in place of every answer's and without times. */
export function normal(events: ResponseEvent[]): string[] {
  return events.map((event) =>
    JSON.stringify(event)
      .replace(/[0-9a-f]{32}/g, "ID")
      .replace(/"created_at":\d+/g, '"created_at":0'),
  );
}
