import { AgentRunError } from "@/server/errors";

/** The error for a profile whose model is not available. */
export function unavailable(message: string, details?: Record<string, unknown>): AgentRunError {
  return new AgentRunError("backend-failed", "backend-unavailable", message, { details });
}
