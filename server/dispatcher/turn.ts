import { attachmentsIn } from "@/contract/image";
import { promptIn } from "@/contract/words";
import type { QueueTaskRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

/** UTF-16 units that a turn's text has at most, as for who sends one by the API. */
export const TURN_TEXT_MAX = 1_048_576;

/**
 * What the agent is asked: the payload itself where it holds a text; else the title, and below it the payload as it
 * stands, so that nothing that a caller sent is lost on the agent, and the schema of its answer, where there is one,
 * beside that. `handed` is what it is told of the tasks that it comes after, behind all that. null where that is longer
 * than a turn may be.
 */
export function turnOf(
  task: Pick<QueueTaskRow, "title" | "payload">,
  handed: string | null = null,
): (Record<string, unknown> & { text: string }) | null {
  const payload = storedJson(task.payload) ?? {};
  const text = promptIn(payload);
  const behind = handed === null ? "" : `\n\n${handed}`;
  if (text !== undefined) return bounded({ ...withoutImages(payload), text: `${text}${behind}` });
  const { outputSchema, ...asked } = payload;
  const details = Object.keys(asked).length === 0 ? "" : `\n\n${JSON.stringify(asked)}`;
  return bounded({ text: `${task.title}${details}${behind}`, ...(outputSchema === undefined ? {} : { outputSchema }) });
}

/** Nobody has judged what images a task names, nor kept them for it: a message alone shows any. */
function withoutImages(payload: Record<string, unknown>): Record<string, unknown> {
  if (attachmentsIn(payload).length === 0) return payload;
  const { attachments: _, ...rest } = payload;
  return rest;
}

function bounded<T extends { text: string }>(turn: T): T | null {
  return turn.text.length > TURN_TEXT_MAX ? null : turn;
}
