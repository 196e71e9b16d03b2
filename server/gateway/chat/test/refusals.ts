import type { ChatPreset } from "@/contract/backend";
import type { Asked } from "./provider";

// biome-ignore lint/suspicious/noExplicitAny: a provider reads what it is sent, whatever that is.
type Message = any;

/**
 * Returns why a provider refuses a request, according to its documentation and to what was seen; null: it accepts it.
 */
export function refusalFor(preset: ChatPreset, asked: Asked): string | null {
  return commonRefusal(asked) ?? OWN[preset](asked);
}

const ROLES = new Set(["system", "user", "assistant", "tool"]);

/** Returns what no provider of chat completions accepts. */
function commonRefusal({ messages, tools, tool_choice, stream_options, stream }: Asked): string | null {
  if (!Array.isArray(messages) || messages.length === 0) return "messages must not be empty";
  let open: string[] = [];
  for (const message of messages) {
    if (!ROLES.has(message.role)) return `unknown role ${message.role}`;
    if (message.role === "tool") {
      if (!open.includes(message.tool_call_id)) return `tool result's tool id(${message.tool_call_id}) not found`;
      open = open.filter((id) => id !== message.tool_call_id);
      if (typeof message.content !== "string" || message.content === "") return "tool content must be a text";
      continue;
    }
    if (open.length > 0) return `tool calls without a result: ${open.join()}`;
    if (message.role === "system" && typeof message.content !== "string") return "system content must be a text";
    open = (message.tool_calls ?? []).map(({ id }: { id: string }) => id);
    if (new Set(open).size < open.length) return "tool call ids must differ";
  }
  if (open.length > 0) return `tool calls without a result: ${open.join()}`;
  if (tools !== undefined && (!Array.isArray(tools) || tools.length === 0)) return "tools must not be empty";
  for (const tool of tools ?? []) {
    if (tool.type !== "function") return `invalid tool type: ${tool.type}`;
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(tool.function?.name)) return `invalid function name ${tool.function?.name}`;
  }
  if (tool_choice !== undefined && tools === undefined) return "tool_choice without tools";
  if (stream_options !== undefined && stream !== true) return "stream_options without stream";
  return null;
}

const ALTERNATE = "conversation roles must alternate user/assistant/user/assistant/...";

const OWN: Record<ChatPreset, (asked: Asked) => string | null> = {
  // As the templates of many models require it.
  "openai-chat": ({ messages }) => {
    const roles = messages.map(({ role }: Message) => role);
    if (roles.lastIndexOf("system") > 0) return "System message must be at the beginning.";
    const isTwice = roles.some((role: string, index: number) => role === "user" && roles[index - 1] === "user");
    return isTwice ? ALTERNATE : null;
  },
  // As the templates of Mistral's models require it: calls and their outputs do not count.
  mistral: ({ messages }) => {
    const counted = messages.filter(
      ({ role, tool_calls }: Message) => role !== "system" && role !== "tool" && !tool_calls,
    );
    const isWrong = counted.some(({ role }: Message, index: number) => (role === "user") !== (index % 2 === 0));
    if (isWrong || messages.slice(1).some(({ role }: Message) => role === "system")) return ALTERNATE;
    const ids = messages.flatMap(({ tool_calls = [] }: Message) => tool_calls.map(({ id }: { id: string }) => id));
    const isLong = ids.some((id: string) => !/^[A-Za-z0-9]{9}$/.test(id));
    return isLong ? "Tool call IDs should be alphanumeric strings with length 9!" : null;
  },
  minimax: ({ messages, tools, tool_choice, response_format, max_tokens, thinking }) => {
    const systems = messages.filter(({ role }: Message) => role === "system");
    if (systems.length > 1 || messages.slice(1).includes(systems[0])) return "invalid chat setting (2013)";
    if (messages.some(({ content }: Message) => content === null || content === undefined))
      return "chat content is empty (2013)";
    if (messages.some(({ tool_calls }: Message) => (tool_calls ?? []).some((call: Message) => !isObject(call))))
      return "invalid function arguments json string (2013)";
    for (const tool of tools ?? []) {
      if ("strict" in tool.function) return "function strict is unknown (2013)";
      if (tool.function.parameters === undefined) return "function parameters is empty (2013)";
    }
    if (tool_choice !== undefined) return "invalid tool_choice (2013)";
    if (response_format !== undefined || max_tokens !== undefined) return "unknown parameter (2013)";
    if (thinking && !["adaptive", "disabled"].includes(thinking.type)) return "invalid thinking.type (2013)";
    return null;
  },
  deepseek: ({ messages }) => {
    for (const message of messages) {
      if (Array.isArray(message.content)) return "unknown variant `image_url`, expected `text`";
      if (message.tool_calls && message.reasoning_content === undefined)
        return "The `reasoning_content` in the thinking mode must be passed back to the API.";
    }
    return null;
  },
};

function isObject(call: { function: { arguments: string } }): boolean {
  try {
    const value = JSON.parse(call.function.arguments);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
