import { providerWords } from "@/server/backends";
import { AgentRunError, ForbiddenError, RateLimitedError } from "@/server/errors";
import { unavailable } from "@/server/gateway/unavailable";
import type { Failure } from "./chunk";

/** Codes of a failed response that codex tells apart: all but `server_error` end the turn, that one is tried again. */
export type FailureCode =
  | "context_length_exceeded"
  | "insufficient_quota"
  | "rate_limit_exceeded"
  | "invalid_prompt"
  | "unauthorized"
  | "server_error";
export type Failed = { code: FailureCode; message: string };

const CONTEXT =
  /context_length_exceeded|context[ _-]?(length|window|size)|maximum context|prompt is too long|(input|prompt|request).{0,40}(exceeds?|too (long|large|many)).{0,60}(tokens?|context)|too many tokens/i;
/** Limits of a time count tokens too. */
const LIMIT = /rate[ _-]?limit|per (sec|min|hour|day)|\bwait/i;

/** By the numbers that MiniMax gives, and by HTTP statuses, which others repeat in their errors. */
const CODES: Record<string, FailureCode> = {
  ...{ 400: "invalid_prompt", 401: "unauthorized", 402: "insufficient_quota", 403: "unauthorized" },
  ...{ 404: "invalid_prompt", 422: "invalid_prompt", 429: "rate_limit_exceeded" },
  ...{ 1002: "rate_limit_exceeded", 1004: "unauthorized", 1008: "insufficient_quota", 1039: "rate_limit_exceeded" },
  ...{ 1041: "rate_limit_exceeded", 1026: "invalid_prompt", 1027: "invalid_prompt", 2013: "invalid_prompt" },
  ...{ 2049: "unauthorized", 2056: "rate_limit_exceeded" },
  ...{ invalid_api_key: "unauthorized", authentication_error: "unauthorized", invalid_prompt: "invalid_prompt" },
  ...{ insufficient_quota: "insufficient_quota", insufficient_balance: "insufficient_quota" },
  ...{ rate_limit_exceeded: "rate_limit_exceeded", rate_limit_error: "rate_limit_exceeded" },
  ...{ context_length_exceeded: "context_length_exceeded" },
  ...{ invalid_request_error: "invalid_prompt", bad_request_error: "invalid_prompt" },
};

/** A provider's error in the words that codex knows, with the provider's own message but not its key. */
export function failedBy(failure: Failure, key: string | null): Failed {
  const said = failure.message ?? "";
  const message = providerWords(said, key) || "the provider failed and gave no reason";
  const words = [failure.code, failure.type].map((word) => String(word ?? "").toLowerCase());
  const known = words.find((word) => Object.hasOwn(CODES, word));
  const code = (known === undefined ? undefined : CODES[known]) ?? "server_error";
  // Names that say little are read with the words.
  const isVague = code === "server_error" || code === "invalid_prompt";
  return {
    code: isVague && isContextOverflow(`${failure.code ?? ""} ${said}`) ? "context_length_exceeded" : code,
    message,
  };
}

/** Whether a provider says that the conversation is longer than its model takes. */
export function isContextOverflow(message: string): boolean {
  return CONTEXT.test(message) && !LIMIT.test(message);
}

/** An error that came before the answer began, as one of ours, with the name by which codex knows it. */
export function refusalOf(profile: string, { code, message }: Failed): AgentRunError {
  const details = { provider: { code } };
  switch (code) {
    case "unauthorized":
      return new ForbiddenError(
        `the provider of profile ${profile} refused AgentRun's key: set a valid one in web's environment or its file`,
      );
    case "rate_limit_exceeded":
    case "insufficient_quota":
      return new RateLimitedError(`the provider of profile ${profile} is limiting requests: ${message}`, 5, details);
    case "invalid_prompt":
    case "context_length_exceeded":
      return new AgentRunError(
        "backend-failed",
        "invalid-input",
        `the provider of profile ${profile} refused the request: ${message}`,
        { details },
      );
    case "server_error":
      return unavailable(`the provider of profile ${profile} failed: ${message}`);
  }
}
