import { stripAnsi } from "fancy-ansi";
import { commandOf, textOf } from "@/components/conversation/payload";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { RunEvent } from "@/contract/event";

const SUMMARY_MAX = 200;

/** An event in one line, for a list. */
export function summarize(event: RunEvent): string {
  const { payload } = event;
  const status = textOf(payload, "status", "terminalStatus", "state")?.replace(/^inProgress$/, "in progress") ?? null;
  const named = textOf(payload, "phase", "commandType", "decision", "failureKind");
  const text = commandOf(payload) ?? textOf(payload, "text", "message", "tool", "explanation", "diff", "reason");
  const paths = Array.isArray(payload.changes)
    ? payload.changes.map((change: { path?: unknown } | null) => String(change?.path ?? "")).join(", ")
    : null;
  const tokens = typeof payload.totalTokens === "number" ? `${payload.totalTokens.toLocaleString("en")} tokens` : null;
  const exit = typeof payload.exitCode === "number" ? `exit ${payload.exitCode}` : null;
  const parts = [named, status, exit, tokens, paths, text].filter(
    (part): part is string => part !== null && part !== "",
  );
  return oneLine(parts.length > 0 ? parts.join(" · ") : JSON.stringify(payload));
}

/** The beginning of a text, in a line and without colours or tricks. */
export function oneLine(text: string): string {
  const line = stripAnsi(text.slice(0, 2 * SUMMARY_MAX))
    .slice(0, SUMMARY_MAX)
    .replaceAll(/[ \t\r\n]+/g, " ");
  return revealHidden(line);
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

/** The payload of each event as text that is searched: made once, however often what is looked for changes. */
const texts = new WeakMap<RunEvent, string>();

function textToSearch(event: RunEvent): string {
  const cached = texts.get(event);
  if (cached !== undefined) return cached;
  const made = JSON.stringify(event.payload).toLowerCase();
  texts.set(event, made);
  return made;
}

/** What tells of an event whether it matches a text, anywhere in it, as `events.search` does. */
export function matcherOf(search: string): (event: RunEvent) => boolean {
  if (search === "") return () => true;
  const needle = search.toLowerCase();
  // Quotes and line ends are written otherwise in JSON.
  const inJson = JSON.stringify(needle).slice(1, -1);
  return (event) =>
    event.type.toLowerCase().includes(needle) ||
    event.id === search ||
    textToSearch(event).includes(needle) ||
    textToSearch(event).includes(inJson);
}

/** Events as newline-delimited JSON, for a tool that reads logs. */
export function toNdjson(events: readonly RunEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join("\n");
}
