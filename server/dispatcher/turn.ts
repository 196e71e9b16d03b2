import { attachmentsIn } from "@/contract/image";
import { promptIn } from "@/contract/words";
import type { QueueTaskRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

/** The maximum length of a turn's text in UTF-16 units, the same as for turns sent by the API. */
export const TURN_TEXT_MAX = 1_048_576;

/**
 * Returns what the agent is asked; null: the text is longer than a turn may be. Where the payload holds a text, that is
 * the payload itself. Otherwise it is the title with the payload as JSON below it, so that the agent gets everything
 * that the caller sent; a schema for the answer and the ids of images stay fields of their own. `handed`, the text with
 * the results of the dependencies, comes last.
 */
export function turnOf(
  task: Pick<QueueTaskRow, "title" | "payload">,
  handed: string | null = null,
): (Record<string, unknown> & { text: string }) | null {
  const payload = storedJson(task.payload) ?? {};
  const text = promptIn(payload);
  const behind = handed === null ? "" : `\n\n${handed}`;
  if (text !== undefined) return bounded({ ...payload, text: `${text}${behind}` });
  const { outputSchema, ...rest } = payload;
  const attachments = attachmentsIn(payload);
  const { attachments: _, ...withoutImages } = rest;
  const asked = attachments.length === 0 ? rest : withoutImages;
  const details = Object.keys(asked).length === 0 ? "" : `\n\n${JSON.stringify(asked)}`;
  return bounded({
    text: `${task.title}${details}${behind}`,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(attachments.length === 0 ? {} : { attachments }),
  });
}

function bounded<T extends { text: string }>(turn: T): T | null {
  return turn.text.length > TURN_TEXT_MAX ? null : turn;
}
