import type { AttemptLog, RunLog, RunLogInput } from "@/contract/run-job";
import type { AttemptRemainsRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { askWorker } from "./ask";
import { findInspectionSource } from "./attempt";

/** Returns the end of the log of a run's attempt. */
export async function readRunLog(ctx: ServiceContext, input: RunLogInput): Promise<RunLog> {
  const { tailLines, container = null } = input;
  const inspected = await findInspectionSource(ctx, input, async (attemptId): Promise<AttemptLog | null> => {
    const answer = await askWorker(ctx, { attemptId, ask: { what: "log", container, tailLines } });
    return answer.what === "log" ? answer.log : null;
  });
  const log = inspected.live ?? (inspected.remains === null ? null : storedLog(inspected.remains, input));
  const { attemptId, source, at, note } = inspected;
  return {
    runId: input.runId,
    attemptId,
    source,
    asOf: iso(at),
    ...(log === null ? { container, containers: [], lines: [], isCut: false, note } : linesSince(log, input.since)),
  };
}

function storedLog({ logs }: AttemptRemainsRow, { container, tailLines }: RunLogInput): AttemptLog {
  const containers = logs.map((log) => log.container);
  const chosen = container === undefined ? logs.at(-1) : logs.find((log) => log.container === container);
  if (chosen === undefined) {
    const note = "Nothing that it wrote was kept: it had not started, or its log could not be read.";
    return { container: container ?? "runner", containers, lines: [], isCut: false, note };
  }
  const lines = chosen.lines.slice(-tailLines);
  return { ...chosen, containers, lines, isCut: chosen.isCut || lines.length < chosen.lines.length };
}

/** Cuts off lines before an instant. A line without a time belongs to the one before it. */
function linesSince(log: AttemptLog, from: string | undefined): AttemptLog {
  if (from === undefined) return log;
  const fromMs = Date.parse(from);
  const first = log.lines.findIndex(({ at }) => at !== null && Date.parse(at) >= fromMs);
  if (first === 0) return log;
  return { ...log, lines: first === -1 ? [] : log.lines.slice(first), isCut: false };
}
