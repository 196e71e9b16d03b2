import { stripAnsi } from "fancy-ansi";
import type { ConversationItem, LiveTexts } from "@/components/conversation/items";
import { written } from "@/contract/written";

type Read = { conversation: { items: readonly ConversationItem[] }; live: LiveTexts };
/** A line is cut here: it is a glance, and a line may be a megabyte. A paragraph of an agent's text is one line. */
const LINE_MAX = { plain: 400, markdown: 2_000 };

/** Lines that are shown alike: as a terminal would, or as an agent's markdown. */
export type LastPart = { kind: "plain" | "markdown"; lines: string[] };

/** The last lines of what an agent was told, said, ran and got, the oldest first. */
export function lastParts({ conversation, live }: Read, count: number): LastPart[] {
  const parts: LastPart[] = [];
  let linesLeft = count;
  const addPart = (text: string, kind: LastPart["kind"]) => {
    if (linesLeft <= 0 || text.trim() === "") return;
    const max = LINE_MAX[kind];
    const all = stripAnsi(text.slice(-count * max))
      .trimEnd()
      .split(/\r?\n/);
    const lines = all.slice(-linesLeft).map((line) => line.slice(0, max));
    linesLeft -= lines.length;
    // What begins in the middle of a block of code is one still.
    if (kind === "markdown" && all.slice(0, -lines.length).filter(isFence).length % 2 === 1) lines.unshift("```");
    const next = parts[0];
    if (kind === "plain" && next?.kind === "plain") next.lines.unshift(...lines);
    else parts.unshift({ kind, lines });
  };
  for (const { text, kind } of [...live.values()].reverse())
    addPart(text, kind === "command_output" ? "plain" : "markdown");
  for (const item of conversation.items.toReversed()) {
    if (linesLeft <= 0) break;
    addPart(textOf(item), item.kind === "assistant" ? "markdown" : "plain");
  }
  return parts;
}

function isFence(line: string): boolean {
  return /^\s*(```|~~~)/.test(line);
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
