import { deleteTracePositions, readTraceStanding, type TraceStanding } from "@/db/queries/trace-feeds";
import type { ServiceContext } from "@/server/context";

export { TraceExporter } from "./exporter";
export { type TraceTarget, traceTargetOf } from "./target";

/** Called when no traces are sent: what ends meanwhile is not sent later either. */
export function stopTraces(ctx: ServiceContext): Promise<void> {
  return deleteTracePositions(ctx.db);
}

export function traceStanding(db: ServiceContext["db"]): Promise<TraceStanding> {
  return readTraceStanding(db);
}
