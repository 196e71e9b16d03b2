import { OUTPUT_EVENT_TYPES } from "@/contract/event";
import type { ReadTraceInput, TracePage } from "@/contract/session";
import { readEventPage } from "@/db/queries/events/read-events";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { toEvent } from "@/server/events";
import { getRun } from "@/server/runs";
import { requireSession } from "./session";

/** Returns every event of one of the session's runs: the named one, else the active one, else the last. */
export function readTrace(ctx: ServiceContext, input: ReadTraceInput): Promise<TracePage> {
  return readPage(ctx, input, undefined);
}

/** Returns what a person reads as the agent's output, of the same runs. */
export function readOutput(ctx: ServiceContext, input: ReadTraceInput): Promise<TracePage> {
  return readPage(ctx, input, OUTPUT_EVENT_TYPES);
}

async function readPage(
  ctx: ServiceContext,
  input: ReadTraceInput,
  types: readonly string[] | undefined,
): Promise<TracePage> {
  const session = await requireSession(ctx, input.sessionId);
  const runId = input.runId ?? session.activeRunId ?? session.lastRunId;
  if (runId === null) return { sessionId: session.sessionId, runId: null, items: [], cursor: null, lastSeq: 0 };
  const run = await getRun(ctx, { runId });
  if (run.sessionRef?.sessionId !== session.sessionId) throw new NotFoundError("run", runId);
  const rows = await readEventPage(ctx.db, {
    runId,
    afterSeq: input.afterSeq,
    limit: input.limit + 1,
    ...(types ? { types } : {}),
  });
  const items = rows.slice(0, input.limit).map(toEvent);
  return {
    sessionId: session.sessionId,
    runId,
    items,
    cursor: rows.length <= input.limit ? null : String(items.at(-1)?.seq ?? input.afterSeq),
    lastSeq: Math.max(run.lastEventSeq, items.at(-1)?.seq ?? 0),
  };
}
