import type { BackendConfig, ChatPreset } from "@/contract/backend";

/** What a provider of chat completions accepts, requires and refuses. */
export type Dialect = {
  /** The role of instructions that come after the first message: `user` where a second system message is refused. */
  laterInstructions: "system" | "user";
  /** Whether consecutive messages of a person are joined: some models' templates refuse two. */
  joinsUserMessages: boolean;
  /**
   * A model's message between its tool's output and a person's words, where those must not follow each other; null:
   * none is needed.
   */
  bridge: string | null;
  /** Whether a call's id must be nine letters and digits. */
  hasShortCallIds: boolean;
  hasImages: boolean;
  /** How reasoning is requested: by `reasoning_effort`, by `thinking`, or by both. */
  effort: "effort" | "thinking" | "both";
  /** The value of `thinking.type` that switches thinking on. */
  thinkingOn: "enabled" | "adaptive";
  maxTokensKey: "max_tokens" | "max_completion_tokens";
  /** Which form of `response_format` is supported; anything else is asked for in words. */
  responseFormat: "json_schema" | "json_object" | "none";
  /** Whether `tool_choice` and `parallel_tool_calls` are supported. */
  hasToolChoice: boolean;
  hasStrictTools: boolean;
  /** Whether an assistant's message with calls is refused without `reasoning_content`. */
  needsReasoning: boolean;
};

const DIALECTS: Record<ChatPreset, Dialect> = {
  // What self-hosted servers and most providers accept. There the models' templates decide, so the strictest ones
  // count.
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

/** Returns a profile's dialect: that of its preset, else that of the provider whose name it has. */
export function dialectOf(profile: string, config: Pick<BackendConfig, "preset">): Dialect {
  const own = Object.hasOwn(PROFILE_PRESETS, profile) ? PROFILE_PRESETS[profile] : undefined;
  return DIALECTS[config.preset ?? own ?? "openai-chat"];
}
