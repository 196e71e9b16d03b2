import type { Command } from "@/contract/command";
import type { ConversationItem } from "./items";

/** A run's items with the messages that its log does not tell of: those that failed where they were sent, those that wait last. */
export type Entries = { sent: (ConversationItem | Command)[]; waiting: Command[] };

/** Adds the turns and steers that the log has not taken up: they wait, or never reached the agent. */
export function withUnsent(items: readonly ConversationItem[], commands: readonly Command[]): Entries {
  const loggedIds = new Set(
    items.flatMap((item) => (item.kind === "user" && item.commandId !== null ? [item.commandId] : [])),
  );
  const unlogged = commands.filter(
    (command) => (command.type === "turn" || command.type === "steer") && !loggedIds.has(command.id),
  );
  const waiting = unlogged.filter((command) => command.state === "pending" || command.state === "acknowledged");
  const finished = unlogged.filter((command) => !waiting.includes(command));
  const sent: Entries["sent"] = [...items];
  for (const command of finished) {
    const sentMs = Date.parse(command.createdAt);
    const index = sent.findIndex((entry) => "at" in entry && Date.parse(entry.at) > sentMs);
    sent.splice(index === -1 ? sent.length : index, 0, command);
  }
  return { sent, waiting };
}

/** Leaves out commands that wait for an approval: its card shows the exact command, and what to do about it. */
export function withoutAwaited(items: readonly ConversationItem[]): readonly ConversationItem[] {
  const awaited = new Set(
    items.flatMap((item) => (item.kind === "approval" && item.status === "pending" ? [item.itemId] : [])),
  );
  if (awaited.size === 0) return items;
  return items.filter((item) => item.kind !== "command" || item.status !== "inProgress" || !awaited.has(item.itemId));
}
