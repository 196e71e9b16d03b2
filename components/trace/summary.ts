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
