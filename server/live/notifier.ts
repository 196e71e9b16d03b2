import { randomUUID } from "node:crypto";
import { z } from "zod";
import { LiveFrame } from "@/contract/event";
import type { Topic } from "@/server/context";
import type { Hub, LiveText } from "./hub";

/** PostgreSQL refuses payloads of 8,000 bytes or more. */
const PAYLOAD_MAX_BYTES = 7_500;
const LIVE_TEXT_MAX_BYTES = 7_000;
/** The pause between two notifications: a busy server sends 50 a second instead of one for each commit. */
const SEND_INTERVAL_MS = 20;
/** Above this number of topics, one word stands for all. */
const TOPICS_MAX = 2_000;

const Message = z.object({
  from: z.string(),
  topics: z.array(z.string()).optional(),
  isAll: z.boolean().optional(),
  text: z.object({ runId: z.string(), frames: z.array(LiveFrame) }).optional(),
});

/**
 * Wakes readers in this process at once, and those in others by NOTIFY. The first notification is sent at once; after
 * that at most one is under way, and at most one is sent in 20 ms.
 */
export class Notifier {
  readonly #from = randomUUID();
  readonly #topics = new Set<Topic>();
  readonly #texts = new Map<string, string>();
  #isSending = false;

  constructor(
    private readonly hub: Hub,
    private readonly send: (payload: string) => Promise<boolean>,
  ) {}

  readonly wake = (topic: Topic): void => {
    this.hub.wake(topic);
    this.#topics.add(topic);
    void this.#flush();
  };

  /**
   * Shows text under way to readers in all processes. Text that does not fit into a notification is shown only in this
   * one.
   */
  publishText(text: LiveText): void {
    this.hub.publishText(text);
    for (const frame of text.frames) {
      const payload = JSON.stringify({ from: this.#from, text: { runId: text.runId, frames: [frame] } });
      // A later frame of an item holds everything that an earlier one said.
      if (Buffer.byteLength(payload) <= LIVE_TEXT_MAX_BYTES) this.#texts.set(`${text.runId} ${frame.itemId}`, payload);
    }
    void this.#flush();
  }

  /** Handles a payload from another process's notifier. */
  receive(payload: string): void {
    const message = parseMessage(payload);
    if (!message || message.from === this.#from) return;
    if (message.isAll) this.hub.wakeAll();
    for (const topic of message.topics ?? []) this.hub.wake(topic as Topic);
    if (message.text) this.hub.publishText(message.text);
  }

  async #flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    // Wakes of the same turn of the event loop are sent together.
    await Promise.resolve();
    while (this.#topics.size > 0 || this.#texts.size > 0) {
      for (const payload of this.#drain()) {
        // Without a connection nothing is sent or kept: readers poll, and all are woken when the connection is back.
        await this.send(payload);
      }
      await new Promise((resolve) => setTimeout(resolve, SEND_INTERVAL_MS).unref());
    }
    this.#isSending = false;
  }

  #drain(): string[] {
    const topics = [...this.#topics];
    const texts = [...this.#texts.values()];
    this.#topics.clear();
    this.#texts.clear();
    if (topics.length > TOPICS_MAX) return [JSON.stringify({ from: this.#from, isAll: true }), ...texts];
    return [...splitTopics(this.#from, topics), ...texts];
  }
}

function splitTopics(from: string, topics: Topic[]): string[] {
  const payloads: string[] = [];
  let chunk: Topic[] = [];
  let bytes = 0;
  for (const topic of topics) {
    const size = Buffer.byteLength(JSON.stringify(topic)) + 1;
    if (bytes + size > PAYLOAD_MAX_BYTES - 100) {
      payloads.push(JSON.stringify({ from, topics: chunk }));
      chunk = [];
      bytes = 0;
    }
    chunk.push(topic);
    bytes += size;
  }
  if (chunk.length > 0) payloads.push(JSON.stringify({ from, topics: chunk }));
  return payloads;
}

function parseMessage(payload: string): z.infer<typeof Message> | null {
  try {
    return Message.parse(JSON.parse(payload));
  } catch {
    // Anybody with the database's password may write to the channel; unknown payloads are ignored.
    return null;
  }
}
