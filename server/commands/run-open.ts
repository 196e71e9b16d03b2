import { isTerminal } from "@/contract/run";
import type { RunRow } from "@/db/schema";
import { AlreadyTerminalError } from "@/server/errors";

/**
 * Throws for a run that has ended. v0.1 ended runs and left commands open; they stay so, because nothing may follow a
 * run's terminal event.
 */
export function assertRunOpen(run: RunRow): void {
  if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
}
