import { forgetTracePlaces, readTraceStanding, type TraceStanding } from "@/db/queries/trace-feeds";
import type { ServiceContext } from "@/server/context";

export { TraceExporter } from "./exporter";
export { type TraceTarget, traceTargetOf } from "./target";

/** Nobody takes traces: what ends meanwhile is told to nobody later. */
export function stopTraces(ctx: ServiceContext): Promise<void> {
  return forgetTracePlaces(ctx.db);
}

export function traceStanding(db: ServiceContext["db"]): Promise<TraceStanding> {
  return readTraceStanding(db);
}
