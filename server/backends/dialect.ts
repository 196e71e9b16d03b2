import type { BackendConfig, ChatPreset } from "@/contract/backend";

/** What a provider of chat completions takes, wants and refuses. */
export type Dialect = {
  /** Who says instructions that come after the first message: `user` where a second system message is refused. */
  laterInstructions: "system" | "user";
  /** Whether messages of a person that follow each other become one: some models' templates refuse two. */
  joinsUserMessages: boolean;
  /** What a model says between its tool's output and a person's words, where those may not follow each other. */
  bridge: string | null;
  /** Whether a call's id is nine letters and digits, and nothing else. */
  hasShortCallIds: boolean;
  hasImages: boolean;
  /** How reasoning is asked for: by `reasoning_effort`, by `thinking`, or by both. */
  effort: "effort" | "thinking" | "both";
  /** What `thinking.type` is when the model is to think. */
  thinkingOn: "enabled" | "adaptive";
  maxTokensKey: "max_tokens" | "max_completion_tokens";
  /** What of `response_format` is known; the rest is asked for in words. */
  responseFormat: "json_schema" | "json_object" | "none";
  /** Whether `tool_choice` and `parallel_tool_calls` are known. */
  hasToolChoice: boolean;
  hasStrictTools: boolean;
  /** Whether an assistant's message with calls is refused without `reasoning_content`. */
  needsReasoning: boolean;
};

const DIALECTS: Record<ChatPreset, Dialect> = {
  // What self-hosted servers and most providers take: the models' templates decide there, and the strictest count.
  "openai-chat": {
    laterInstructions: "user",
    joinsUserMessages: true,
    bridge: null,
    hasShortCallIds: false,
    hasImages: true,
    effort: "effort",
    thinkingOn: "enabled",
    maxTokensKey: "max_tokens",
    responseFormat: "json_schema",
    hasToolChoice: true,
    hasStrictTools: true,
    needsReasoning: false,
  },
  minimax: {
    laterInstructions: "user",
    joinsUserMessages: false,
    bridge: null,
    hasShortCallIds: false,
    hasImages: true,
    effort: "thinking",
    thinkingOn: "adaptive",
    maxTokensKey: "max_completion_tokens",
    responseFormat: "none",
    hasToolChoice: false,
    hasStrictTools: false,
    needsReasoning: false,
  },
  deepseek: {
    laterInstructions: "system",
    joinsUserMessages: false,
    bridge: null,
    hasShortCallIds: false,
    hasImages: false,
    effort: "both",
    thinkingOn: "enabled",
    maxTokensKey: "max_tokens",
    responseFormat: "json_object",
    hasToolChoice: true,
    hasStrictTools: false,
    needsReasoning: true,
  },
  mistral: {
    laterInstructions: "user",
    joinsUserMessages: true,
    bridge: "Noted.",
    hasShortCallIds: true,
    hasImages: true,
    effort: "effort",
    thinkingOn: "enabled",
    maxTokensKey: "max_tokens",
    responseFormat: "json_schema",
    hasToolChoice: true,
    hasStrictTools: false,
    needsReasoning: false,
  },
};

const PROFILE_PRESETS: Record<string, ChatPreset> = { "minimax-m3": "minimax", deepseek: "deepseek" };

/** The dialect of a profile: its preset's, else that of the provider it is named after. */
export function dialectOf(profile: string, config: Pick<BackendConfig, "preset">): Dialect {
  const own = Object.hasOwn(PROFILE_PRESETS, profile) ? PROFILE_PRESETS[profile] : undefined;
  return DIALECTS[config.preset ?? own ?? "openai-chat"];
}
