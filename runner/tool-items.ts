import { cutMark } from "@/contract/file-changes";
import type { ThreadItem } from "./protocol/codex";

/** Maximum length of one event's text: far more than a person reads, far less than the server's limit. */
export const EVENT_TEXT_MAX = 512 * 1024;

/** Returns the text, or its two ends where it is longer than `max`, by default what an event may carry. */
export function clip(text: string, max = EVENT_TEXT_MAX): string {
  if (text.length <= max) return text;
  const half = max / 2;
  return `${text.slice(0, half)}\n${cutMark(text.length - max)}\n${text.slice(-half)}`;
}

/** Returns the call in an item of codex, when it is of a tool other than a command or a patch. */
export function toolCall(item: ThreadItem): { tool: string; server?: string; arguments: unknown } | undefined {
  switch (item.type) {
    case "mcpToolCall":
      return { tool: item.tool, server: item.server, arguments: item.arguments };
    case "dynamicToolCall":
      return { tool: item.tool, arguments: item.arguments };
    case "collabAgentToolCall":
      return { tool: item.tool, server: "agents", arguments: { prompt: item.prompt, agents: item.receiverThreadIds } };
    case "webSearch":
      return { tool: "web_search", arguments: { query: item.query, action: item.action } };
    case "imageView":
      return { tool: "view_image", arguments: { path: item.path } };
    case "functionCallOutput":
      return { tool: item.name, arguments: {} };
    default:
      return undefined;
  }
}

/** Returns such a tool's output, once there is one. */
export function toolOutput(item: ThreadItem): { text: string; isError: boolean } | undefined {
  switch (item.type) {
    case "mcpToolCall":
      return {
        text: clip(item.error ? item.error.message : textOf(item.result?.content)),
        isError: item.error !== null || item.status === "failed",
      };
    case "dynamicToolCall":
      return { text: clip(textOf(item.contentItems)), isError: item.success === false };
    case "collabAgentToolCall": {
      const states = Object.entries(item.agentsStates);
      const lines = states.map(
        ([agent, state]) => `${agent}: ${[state?.status, state?.message].filter(Boolean).join(": ")}`,
      );
      return { text: clip(lines.join("\n")), isError: item.status === "failed" };
    }
    case "functionCallOutput":
      return { text: clip(textOf(item.output)), isError: false };
    default:
      return undefined;
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content
    .map((part: unknown) =>
      typeof part === "object" && part !== null && "text" in part ? String(part.text) : JSON.stringify(part),
    )
    .join("\n");
}
