import type { QueueTaskRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

/** Keys of a payload that callers use for what the agent is asked. */
const TEXT_KEYS = ["text", "prompt", "message"] as const;

/**
 * What the agent is asked: the payload itself where it holds a text; else the title, and below it the payload as it
 * stands, so that nothing that a caller sent is lost on the agent.
 */
export function turnOf(task: Pick<QueueTaskRow, "title" | "payload">): Record<string, unknown> & { text: string } {
  const payload = storedJson(task.payload) ?? {};
  for (const key of TEXT_KEYS) {
    const text = payload[key];
    if (typeof text === "string" && text.trim() !== "") return { ...payload, text };
  }
  const details = Object.keys(payload).length === 0 ? "" : `\n\n${JSON.stringify(payload, null, 2)}`;
  return { ...payload, text: `${task.title}${details}` };
}
