import { stripAnsi } from "fancy-ansi";
import type { ConversationItem, LiveTexts } from "@/components/conversation/items";
import { written } from "@/contract/written";

type Read = { conversation: { items: readonly ConversationItem[] }; live: LiveTexts };
/** A line is cut here: it is a glance, and a line may be a megabyte. */
const LINE_MAX = 400;

/** The last lines of what an agent was told, said, ran and got, as a terminal would show them. */
export function lastLines({ conversation, live }: Read, count: number): string[] {
  const lines: string[] = [];
  const take = (text: string) => {
    const own = stripAnsi(text.slice(-count * LINE_MAX))
      .trimEnd()
      .split(/\r?\n/)
      .slice(-count);
    lines.unshift(...own.map((line) => line.slice(0, LINE_MAX)));
  };
  for (const { text } of [...live.values()].reverse()) if (text.trim() !== "") take(text);
  for (const item of conversation.items.toReversed()) {
    if (lines.length >= count) break;
    const text = textOf(item);
    if (text !== "") take(text);
  }
  return lines.slice(-count);
}

function textOf(item: ConversationItem): string {
  switch (item.kind) {
    case "user":
      return written.asked(item.text);
    case "assistant":
      return item.text;
    case "command":
      return `${written.command(item.command)}\n${item.output}`;
    case "tool":
      return `${item.tool}\n${item.output ?? ""}`;
    case "files":
      return item.changes.map(written.change).join("\n");
    case "approval":
      return written.approval(item.command ?? item.asks, item.decision ?? item.status);
    case "notice":
    case "mark":
      return item.text;
    case "end":
      return written.end(item.terminalStatus, item.message);
    default:
      return "";
  }
}
