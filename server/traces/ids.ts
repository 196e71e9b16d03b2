import { createHash } from "node:crypto";
import { z } from "zod";

/** Where a trace's spans belong: its id, and the span of a caller that its first is a part of. */
export type TraceRoot = { traceId: string; parentSpanId: string | null };

/** By W3C: a version, a trace's id, a span's and flags. Versions to come may have more behind them. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const TRACEPARENT_MAX = 512;
const Carrier = z.looseObject({ traceparent: z.string().max(TRACEPARENT_MAX) });

/**
 * The trace of a task with all its runs, or of a run that no task made. Made of nothing but its id and what its caller
 * gave with it, so that whoever sends a part of it, and whenever, means the same trace.
 */
export function rootOf(id: string, carrier: unknown): TraceRoot {
  return callersTrace(carrier) ?? { traceId: hashed(id, 16), parentSpanId: null };
}

/** Of what it is and of which: what is sent twice is the same span. */
export function spanIdOf(kind: string, id: string): string {
  return hashed(`${kind}:${id}`, 8);
}

/** The caller's own trace; null where it gave none, or something else. */
function callersTrace(carrier: unknown): TraceRoot | null {
  const given = Carrier.safeParse(carrier);
  const [, version, traceId, parentSpanId, more] = TRACEPARENT.exec(given.data?.traceparent ?? "") ?? [];
  if (traceId === undefined || parentSpanId === undefined) return null;
  return version === "00" && more !== undefined ? null : { traceId, parentSpanId };
}

function hashed(text: string, bytes: number): string {
  return createHash("sha256")
    .update(text)
    .digest("hex")
    .slice(0, 2 * bytes);
}
