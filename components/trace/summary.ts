import { stripAnsi } from "fancy-ansi";
import { commandOf, textOf } from "@/components/conversation/payload";
import type { RunEvent } from "@/contract/event";

const SUMMARY_MAX = 200;

/** An event in one line, for a list. */
export function summarize(event: RunEvent): string {
  const { payload } = event;
  const status = textOf(payload, "status", "terminalStatus", "state");
  const named = textOf(payload, "phase", "commandType", "decision", "failureKind");
  const text = commandOf(payload) ?? textOf(payload, "text", "message", "tool", "explanation", "diff", "reason");
  const paths = Array.isArray(payload.changes)
    ? payload.changes.map((change: { path?: unknown } | null) => String(change?.path ?? "")).join(", ")
    : null;
  const tokens = typeof payload.totalTokens === "number" ? `${payload.totalTokens} tokens` : null;
  const exit = typeof payload.exitCode === "number" ? `exit ${payload.exitCode}` : null;
  const parts = [named, status, exit, tokens, paths, text].filter(
    (part): part is string => part !== null && part !== "",
  );
  const line = parts.length > 0 ? parts.join(" · ") : JSON.stringify(payload);
  return stripAnsi(line.slice(0, 2 * SUMMARY_MAX))
    .slice(0, SUMMARY_MAX)
    .replaceAll(/\s+/g, " ");
}

const BAD = new Set(["failed", "error", "cut off"]);

/** Whether an event tells that something went wrong: what `[` and `]` go to. */
export function isFailure({ type, payload }: RunEvent): boolean {
  if (type === "error" || payload.isError === true || payload.phase === "lease-expired") return true;
  if (typeof payload.exitCode === "number" && payload.exitCode !== 0) return true;
  const status = textOf(payload, "status", "terminalStatus", "state");
  return status !== null && BAD.has(status);
}

/** The seq of the next event, or the one before, that one looks for from a place; from nowhere the first, or the last. */
export function stepTo(seqs: readonly number[], from: number | null, by: 1 | -1): number | null {
  if (by === 1) return seqs.find((seq) => seq > (from ?? 0)) ?? null;
  return seqs.findLast((seq) => seq < (from ?? Number.POSITIVE_INFINITY)) ?? null;
}

/** A part of a run's time, in milliseconds; events at its edges are in it. */
export type TimeRange = { fromMs: number; toMs: number };

export function isInRange(event: RunEvent, range: TimeRange | null): boolean {
  if (range === null) return true;
  const atMs = Date.parse(event.createdAt);
  return atMs >= Math.floor(range.fromMs) && atMs <= Math.ceil(range.toMs);
}

/** Whether an event matches what is searched for, anywhere in it. */
export function matches(event: RunEvent, search: string): boolean {
  if (search === "") return true;
  const needle = search.toLowerCase();
  return (
    event.type.includes(needle) || event.id === search || JSON.stringify(event.payload).toLowerCase().includes(needle)
  );
}

/** Events as newline-delimited JSON, for a tool that reads logs. */
export function toNdjson(events: readonly RunEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join("\n");
}
