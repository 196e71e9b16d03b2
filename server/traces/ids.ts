import { createHash } from "node:crypto";
import { z } from "zod";

/** Where a trace's spans belong: its id, and the caller's span that is the parent of its first span. */
export type TraceRoot = { traceId: string; parentSpanId: string | null };

/** W3C's format: version, trace id, span id and flags. Later versions may append more. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const TRACEPARENT_MAX = 512;
const Carrier = z.looseObject({ traceparent: z.string().max(TRACEPARENT_MAX) });

/**
 * Returns the root of the trace of a task with all its runs, or of a run without a task. It depends only on the id and
 * on what the caller gave, so every part of a trace gets the same one, whoever sends it and when.
 */
export function rootOf(id: string, carrier: unknown): TraceRoot {
  return callersTrace(carrier) ?? { traceId: hashed(id, 16), parentSpanId: null };
}

/** Returns a span's id from its kind and the id of what it shows, so that sending it twice makes the same span. */
export function spanIdOf(kind: string, id: string): string {
  return hashed(`${kind}:${id}`, 8);
}

/** Returns the caller's own trace; null: it gave none, or something else. */
function callersTrace(carrier: unknown): TraceRoot | null {
  const parsed = Carrier.safeParse(carrier);
  const [, version, traceId, parentSpanId, more] = TRACEPARENT.exec(parsed.data?.traceparent ?? "") ?? [];
  if (traceId === undefined || parentSpanId === undefined) return null;
  return version === "00" && more !== undefined ? null : { traceId, parentSpanId };
}

function hashed(text: string, bytes: number): string {
  return createHash("sha256")
    .update(text)
    .digest("hex")
    .slice(0, 2 * bytes);
}
