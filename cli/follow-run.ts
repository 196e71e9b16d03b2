import type { RunEvent } from "@/contract/event";
import type { Io } from "./io";

/**
 * Yields a run's stored events after a seq, until the run has ended. Text that is still being written comes complete,
 * with its event.
 */
export async function* followRun(
  { client }: Io,
  { runId, afterSeq }: { runId: string; afterSeq: number },
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const path = `/runs/${encodeURIComponent(runId)}/events/watch`;
  for await (const { event, data } of client.follow({ path, query: { afterSeq } }, signal))
    if (event === null) yield data as RunEvent;
}
