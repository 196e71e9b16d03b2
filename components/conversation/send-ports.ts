import type { useTRPCClient } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import type { SendPorts } from "@/contract/send-turn";

/** What the console sends by. */
export function sendPorts(api: ReturnType<typeof useTRPCClient>): SendPorts {
  return {
    by: "console",
    isOver: (error) => readError(error).reason === "already-terminal",
    createRun: (input) => api.runs.create.mutate(input),
    createCommand: (input) => api.commands.create.mutate(input),
  };
}

/** Whether a send found that what it was to make is there, made of something else. */
export function isTaken(error: unknown): boolean {
  return readError(error).reason === "idempotency-conflict";
}
