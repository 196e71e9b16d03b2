import type { TimelineLane, TimelineSpan } from "@/contract/timeline";
import type { ModelCallRow } from "@/db/schema";
import type { ServerSettings } from "@/server/context";
import { spanIdOf } from "./ids";
import { programOf, toolOf } from "./program";
import { providerOf } from "./provider";
import { type AttributeValue, attributesOf, errorOf, type Span } from "./span";
import { commonOf, type WholeRun } from "./whole-run";

type Within = { traceId: string; settings: Pick<ServerSettings, "backends"> };
type Timed = { shown: TimelineSpan; span: Span };

/** Lanes in the order in which they are kept where there are too many spans: no span is kept without its parent. */
const LANES = ["attempts", "turns", "approvals", "archive", "tools"] as const satisfies TimelineLane[];
const BAD_STATES = new Set(["failed", "lost"]);
/** How far events and calls may seem apart: they are dated by two clocks, and an event when its batch is stored. */
const APART_MAX_MS = 2_000;

/**
 * Returns the spans within a run, parents first, up to `max`, and how many were left out. Those are not even examined:
 * a long run has far more of them, and finding their parents costs most.
 */
export function partsOf(completeRun: WholeRun, within: Within, max: number): { parts: Span[]; leftOut: number } {
  const timedByLane = new Map<TimelineLane, Timed[]>();
  const parts: Span[] = [];
  let leftOut = 0;
  for (const lane of LANES) {
    const shown = completeRun.spans.filter((span) => span.lane === lane).toSorted(byStart);
    const capacity = max - parts.length;
    const timed = shown
      .slice(0, capacity)
      .map((one) => ({ shown: one, span: spanOf(one, completeRun, within, timedByLane) }));
    timedByLane.set(lane, timed);
    parts.push(...timed.map(({ span }) => span));
    leftOut += shown.slice(capacity).reduce((sum, { count }) => sum + count, 0);
    if (lane !== "archive") continue;
    // Before the tools: the calls to models are what a turn is about.
    const calls = completeRun.calls.toReversed().slice(0, max - parts.length);
    parts.push(...calls.map((call) => callSpan(call, completeRun, within, timedByLane)));
    leftOut += completeRun.calls.length - calls.length;
  }
  return { parts, leftOut };
}

function spanOf(
  shown: TimelineSpan,
  completeRun: WholeRun,
  { traceId }: Within,
  timedByLane: Map<TimelineLane, Timed[]>,
): Span {
  const { run } = completeRun;
  const hasFailed = BAD_STATES.has(shown.state);
  const message = shown.kind === "attempt" && shown.state === "failed" ? run.failureMessage : null;
  return {
    traceId,
    spanId: spanIdOf(shown.kind, `${run.id}:${shown.key}`),
    kind: "internal",
    name: nameOf(shown),
    parentSpanId: parentOf(shown, timedByLane) ?? spanIdOf("run", run.id),
    startMs: Date.parse(shown.startedAt),
    // A span without an end event that was read ended with its run.
    endMs: Date.parse(shown.endedAt ?? completeRun.endedAt ?? run.updatedAt),
    attributes: attributesOf({
      ...commonOf(run),
      [`agentrun.${shown.kind === "many" ? shown.lane : shown.kind}.state`]: shown.state,
      "agentrun.count": shown.count > 1 ? shown.count : null,
      ...DETAILS[shown.kind]?.(shown.label),
      "error.type": hasFailed ? shown.state : null,
    }),
    error: hasFailed ? errorOf(message, shown.state) : null,
  };
}

/** What of a label may be sent: never a command line, a path or a question. */
const DETAILS: { [Kind in TimelineSpan["kind"]]?: (label: string) => Record<string, AttributeValue | null> } = {
  attempt: (label) => ({ "agentrun.attempt": numberIn(label) }),
  turn: (label) => ({ "agentrun.turn": numberIn(label) }),
  command: (label) => ({ "process.executable.name": programOf(label) }),
  tool: (label) => ({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": toolOf(label) }),
};

function nameOf({ kind, lane, label }: TimelineSpan): string {
  if (kind === "many") return lane;
  const tool = kind === "tool" ? toolOf(label) : null;
  return kind === "tool" ? ["execute_tool", tool].filter(Boolean).join(" ") : kind;
}

function numberIn(label: string): number | null {
  const [, number] = /^\w+ (\d+)$/.exec(label) ?? [];
  return number === undefined ? null : Number(number);
}

/** Returns a span's parent: the attempt for a turn, the turn for what an agent does. */
function parentOf(shown: TimelineSpan, timedByLane: Map<TimelineLane, Timed[]>): string | null {
  if (shown.lane === "attempts") return null;
  const turns = shown.lane === "turns" || shown.lane === "archive" ? [] : (timedByLane.get("turns") ?? []);
  const enclosing = enclosingOf(turns, shown) ?? enclosingOf(attemptsIn(timedByLane), shown);
  return enclosing?.span.spanId ?? null;
}

/**
 * Returns the last span that contains another. The search usually ends at the first candidate, since turns and attempts
 * follow one another.
 */
function enclosingOf(timed: readonly Timed[], shown: TimelineSpan): Timed | null {
  const startMs = Date.parse(shown.startedAt);
  const endMs = Date.parse(shown.endedAt ?? shown.startedAt);
  let [from, to] = [0, timed.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((timed[middle]?.span.startMs ?? 0) <= startMs) from = middle + 1;
    else to = middle;
  }
  for (let index = from - 1; index >= 0; index -= 1) {
    const one = timed[index];
    if (one !== undefined && encloses(one, shown, endMs)) return one;
  }
  return null;
}

function attemptsIn(timedByLane: Map<TimelineLane, Timed[]>): Timed[] {
  return (timedByLane.get("attempts") ?? []).filter(({ shown }) => shown.kind !== "launch");
}

/** Whether one span contains another, by the log's order where both are in the log, since times may be equal. */
function encloses({ shown: outer, span }: Timed, inner: TimelineSpan, innerEndMs: number): boolean {
  const isAround = span.endMs >= innerEndMs;
  if (!isAround || outer.startSeq === null || inner.startSeq === null) return isAround;
  return outer.startSeq <= inner.startSeq && (outer.endSeq ?? Number.POSITIVE_INFINITY) >= inner.startSeq;
}

function callSpan(
  call: ModelCallRow,
  completeRun: WholeRun,
  { traceId, settings }: Within,
  timedByLane: Map<TimelineLane, Timed[]>,
) {
  const startMs = call.startedAt.getTime();
  const hasFailed = call.outcome === "refused" || call.outcome === "failed";
  const enclosing = nearest(timedByLane.get("turns") ?? [], startMs) ?? nearest(attemptsIn(timedByLane), startMs);
  const span: Span = {
    traceId,
    spanId: spanIdOf("call", call.id),
    name: `chat ${call.model}`,
    kind: "client",
    parentSpanId: enclosing?.span.spanId ?? spanIdOf("run", completeRun.run.id),
    startMs,
    endMs: startMs + call.durationMs,
    attributes: attributesOf({
      ...commonOf(completeRun.run),
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": providerOf(settings.backends[call.backendProfile]?.baseUrl),
      "gen_ai.request.model": call.model,
      "gen_ai.usage.input_tokens": call.inputTokens,
      "gen_ai.usage.output_tokens": call.outputTokens,
      "gen_ai.usage.cache_read.input_tokens": call.cachedInputTokens,
      "gen_ai.usage.reasoning.output_tokens": call.reasoningTokens,
      "agentrun.profile": call.backendProfile,
      "agentrun.call": call.id,
      "agentrun.call.outcome": call.outcome,
      "agentrun.call.first_byte_ms": call.firstByteMs,
      "agentrun.call.cost_micros": call.costMicros,
      "agentrun.call.currency": call.currency,
      "agentrun.failure_kind": call.failureKind,
      "http.response.status_code": call.httpStatus,
      "error.type": hasFailed ? (call.reason ?? call.failureKind ?? call.outcome) : null,
    }),
    error: hasFailed ? errorOf(call.reason, call.failureKind) : null,
  };
  return span;
}

/** Returns the span under way at a moment, or else the nearest one; null: none is near. */
function nearest(timed: Timed[], atMs: number): Timed | null {
  const apart = ({ span }: Timed) => Math.max(span.startMs - atMs, atMs - span.endMs, 0);
  const best = timed.reduce<Timed | null>(
    (timedByLane, one) => (timedByLane && apart(timedByLane) < apart(one) ? timedByLane : one),
    null,
  );
  return best !== null && apart(best) <= APART_MAX_MS ? best : null;
}

function byStart(left: TimelineSpan, right: TimelineSpan): number {
  return Date.parse(left.startedAt) - Date.parse(right.startedAt) || (left.startSeq ?? 0) - (right.startSeq ?? 0);
}
