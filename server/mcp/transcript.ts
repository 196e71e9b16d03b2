import type { RunEvent } from "@/contract/event";
import { isFailedEvent } from "@/contract/failed-event";
import { unwrapShell } from "@/contract/written";
import { cut } from "./tool";

type Payload = RunEvent["payload"];

/** One thing that was said or done, as a model reads it. */
export type Line = { seq: number; at: string; by: "person" | "agent" | "system"; type: string; text: string };

/** The maximum lengths of one message and of one output; `events.get` returns them whole. */
const SAID_MAX = 4_000;
const PRINTED_MAX = 1_000;

/** Returns an event as a line; null: there is nothing to read in it. */
export function lineOf(event: RunEvent): Line | null {
  const writer = Object.hasOwn(WRITERS, event.type) ? WRITERS[event.type] : undefined;
  const text = writer?.write(event.payload) ?? "";
  if (writer === undefined || text.trim() === "") return null;
  const failed = isFailedEvent(event) ? "failed: " : "";
  const { seq, type, createdAt } = event;
  return { seq, at: createdAt, by: writer.by, type, text: failed + cut(text, writer.max ?? SAID_MAX) };
}

type Writer = { by: Line["by"]; max?: number; write: (payload: Payload) => string };

const WRITERS: Record<string, Writer> = {
  user_message: { by: "person", write: (payload) => textIn(payload, "text", "message", "content") },
  assistant_message: { by: "agent", write: (payload) => textIn(payload, "text", "message", "content") },
  plan: { by: "agent", write: ({ steps }) => recordsIn(steps).map(stepLine).join("\n") },
  command_execution: { by: "agent", write: commandLine },
  command_output: { by: "agent", max: PRINTED_MAX, write: (payload) => textIn(payload, "text", "output") },
  tool_call: { by: "agent", max: PRINTED_MAX, write: (payload) => textIn(payload, "tool", "name") },
  tool_output: { by: "agent", max: PRINTED_MAX, write: (payload) => textIn(payload, "text", "output") },
  file_change: { by: "agent", max: PRINTED_MAX, write: changeLines },
  approval_request: { by: "agent", write: approvalLine },
  approval_decision: {
    by: "system",
    write: (payload) => [textIn(payload, "decision"), textIn(payload, "decidedBy")].filter(Boolean).join(" by "),
  },
  warning: { by: "system", write: (payload) => textIn(payload, "message", "text") },
  error: { by: "system", write: (payload) => textIn(payload, "message", "text") },
  terminal_status: {
    by: "system",
    write: (payload) => [textIn(payload, "terminalStatus"), textIn(payload, "message")].filter(Boolean).join(": "),
  },
};

/** Returns a command's line when it starts, before its output, and at its end the exit code if it failed. */
function commandLine(payload: Payload): string {
  const { command, exitCode } = payload;
  const line = Array.isArray(command) ? command.map(String).join(" ") : textIn(payload, "command");
  if (isUnderWay(payload)) return `$ ${unwrapShell(line)}`;
  if (exitCode === 0) return "";
  return typeof exitCode === "number" ? `exit code ${exitCode}` : textIn(payload, "status");
}

function changeLines(payload: Payload): string {
  if (isUnderWay(payload)) return "";
  return recordsIn(payload.changes)
    .map((change) => `${textIn(change, "kind") || "update"} ${textIn(change, "path")}`)
    .join("\n");
}

function approvalLine(payload: Payload): string {
  const { command } = payload;
  const line = Array.isArray(command) ? command.map(String).join(" ") : textIn(payload, "command");
  const parts = [line && `$ ${line}`, changeLines(payload), textIn(payload, "reason")];
  return [`asks for the approval ${textIn(payload, "approvalId")}`, ...parts].filter(Boolean).join("\n");
}

function stepLine(step: Payload): string {
  return `${textIn(step, "status") || "pending"}: ${textIn(step, "step", "text")}`;
}

function isUnderWay({ status }: Payload): boolean {
  return status === "inProgress" || status === "in_progress";
}

/** Returns the first of these fields that holds a text: old rows and other runners may put anything there. */
export function textIn(payload: Payload, ...names: string[]): string {
  return names.map((name) => payload[name]).find((value): value is string => typeof value === "string") ?? "";
}

function recordsIn(value: unknown): Payload[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is Payload => typeof entry === "object" && entry !== null);
}
