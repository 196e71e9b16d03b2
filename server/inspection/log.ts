import type { AttemptLog, RunLog, RunLogInput } from "@/contract/run-job";
import type { AttemptRemainsRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { askWorker } from "./ask";
import { findPlace } from "./attempt";

/** Returns the end of the log of a run's attempt. */
export async function readRunLog(ctx: ServiceContext, input: RunLogInput): Promise<RunLog> {
  const { tailLines, container = null } = input;
  const place = await findPlace(ctx, input, async (attemptId): Promise<AttemptLog | null> => {
    const answer = await askWorker(ctx, { attemptId, ask: { what: "log", container, tailLines } });
    return answer.what === "log" ? answer.log : null;
  });
  const log = place.live ?? (place.kept === null ? null : keptLog(place.kept, input));
  const { attemptId, source, at, note } = place;
  return {
    runId: input.runId,
    attemptId,
    source,
    asOf: iso(at),
    ...(log === null ? { container, containers: [], lines: [], isCut: false, note } : since(log, input.since)),
  };
}

function keptLog({ logs }: AttemptRemainsRow, { container, tailLines }: RunLogInput): AttemptLog {
  const containers = logs.map((log) => log.container);
  const found = container === undefined ? logs.at(-1) : logs.find((log) => log.container === container);
  if (found === undefined) {
    const note = "Nothing that it wrote was kept: it had not started, or its log could not be read.";
    return { container: container ?? "runner", containers, lines: [], isCut: false, note };
  }
  const lines = found.lines.slice(-tailLines);
  return { ...found, containers, lines, isCut: found.isCut || lines.length < found.lines.length };
}

/** Cuts off lines before an instant. A line without a time belongs to the one before it. */
function since(log: AttemptLog, from: string | undefined): AttemptLog {
  if (from === undefined) return log;
  const fromMs = Date.parse(from);
  const first = log.lines.findIndex(({ at }) => at !== null && Date.parse(at) >= fromMs);
  if (first === 0) return log;
  return { ...log, lines: first === -1 ? [] : log.lines.slice(first), isCut: false };
}
