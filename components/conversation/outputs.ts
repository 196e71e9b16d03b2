import type { Command } from "@/contract/command";
import type { ConversationItem } from "./items";

type Output = NonNullable<Command["output"]>;

/**
 * The structured results of a run's turns, by the key of the message that each stands in place of: the last one of the
 * session's own agent in its turn.
 */
export function outputsOf(
  items: readonly ConversationItem[],
  commandById: ReadonlyMap<string, Pick<Command, "output">>,
): ReadonlyMap<string, Output> {
  const outputs = new Map<string, Output>();
  let output: Output | null = null;
  let lastKey: string | null = null;
  const endTurn = () => {
    if (output !== null && lastKey !== null) outputs.set(lastKey, output);
    lastKey = null;
  };
  for (const item of items) {
    if (item.kind === "user" && !item.isSteer) {
      endTurn();
      output = (item.commandId === null ? undefined : commandById.get(item.commandId)?.output) ?? null;
    } else if (item.kind === "assistant" && item.subAgent === undefined) lastKey = item.key;
  }
  endTurn();
  return outputs;
}
