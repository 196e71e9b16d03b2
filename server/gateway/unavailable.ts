import { AgentRunError } from "@/server/errors";

/** The model of a profile cannot be had. */
export function unavailable(message: string, details?: Record<string, unknown>): AgentRunError {
  return new AgentRunError("backend-failed", "backend-unavailable", message, { details });
}
