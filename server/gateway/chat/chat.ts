/** The request side of chat completions, to which requests are translated. For answers see chunk.ts. */
export type ChatPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: string } };
export type ChatToolCall = { id: string; type: "function"; function: { name: string; arguments: string } };
export type AssistantMessage = {
  role: "assistant";
  content: string;
  tool_calls?: ChatToolCall[];
  reasoning_content?: string;
  reasoning?: string;
};
export type UserMessage = { role: "user"; content: string | ChatPart[] };
export type ChatMessage =
  | { role: "system"; content: string }
  | UserMessage
  | AssistantMessage
  | { role: "tool"; tool_call_id: string; content: string };

export type ChatTool = {
  type: "function";
  function: { name: string; description?: string; parameters: Record<string, unknown>; strict?: true };
};

export type ChatRequest = {
  model: string;
  messages: ChatMessage[];
  stream?: true;
  stream_options?: { include_usage: true };
  tools?: ChatTool[];
  tool_choice?: "none" | "required" | { type: "function"; function: { name: string } };
  parallel_tool_calls?: false;
  reasoning_effort?: string;
  thinking?: { type: string };
  max_tokens?: number;
  max_completion_tokens?: number;
  response_format?: Record<string, unknown>;
  temperature?: number;
  top_p?: number;
};
