import type { QueueTask } from "@/contract/queue";
import { promptIn } from "@/contract/words";

const PROMPT_SHOWN = 1_000;

/** What a task asks its agent, as far as a glance needs it; the server makes the turn by the same. */
export function promptOf({ title, payload }: Pick<QueueTask, "title" | "payload">): string {
  const details = Object.keys(payload).length === 0 ? "" : `\n\n${JSON.stringify(payload, null, 2)}`;
  const fullPrompt = promptIn(payload) ?? `${title}${details}`;
  return fullPrompt.length <= PROMPT_SHOWN ? fullPrompt : `${fullPrompt.slice(0, PROMPT_SHOWN)}…`;
}
