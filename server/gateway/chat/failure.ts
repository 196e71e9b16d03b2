import type { Failed } from "@/server/backends";
import { AgentRunError, ForbiddenError, RateLimitedError } from "@/server/errors";
import { secondsUntil } from "@/server/gateway/refusal";
import { unavailable } from "@/server/gateway/unavailable";

/**
 * Turns an error that came before the answer began into one of ours, with the name by which codex knows it. `until`:
 * when the provider's limit ends; null: unknown.
 */
export function refusalOf(profile: string, { code, message }: Failed, until: Date | null = null): AgentRunError {
  const ends = until === null ? {} : { resets_at: Math.ceil(until.getTime() / 1_000) };
  const details = { provider: { code, ...ends } };
  switch (code) {
    case "unauthorized":
      return new ForbiddenError(
        `the provider of profile ${profile} refused AgentRun's key: set a valid one in web's environment or its file`,
      );
    case "rate_limit_exceeded":
    case "insufficient_quota":
      return new RateLimitedError(
        `the provider of profile ${profile} is limiting requests: ${message}`,
        secondsUntil(until),
        details,
      );
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
