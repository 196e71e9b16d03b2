import { changesOf, commandOf, imagesOf, numberOf, stepsOf, textOf } from "@/components/conversation/payload";
import { formatDuration } from "@/components/ui/format";
import type { RunEvent } from "@/contract/event";
import { unwrapShell } from "@/contract/written";
import type { Io } from "./io";
import { plain, plainLine } from "./plain";

const OUTPUT_LINES = 20;
const MARKS: Record<string, string> = { completed: "✓", inProgress: "→", pending: "·" };

type Pen = Io["style"];
type Writer = (event: RunEvent, pen: Pen) => string[];

/** Returns the lines that a terminal shows for an event; an unknown event is shown by its type. */
export function eventLines(event: RunEvent, pen: Pen): string[] {
  return (WRITERS[event.type] ?? other)(event, pen);
}

const nothing: Writer = () => [];
const other: Writer = ({ type }, pen) => [pen("dim", plainLine(type))];

const WRITERS: Record<string, Writer> = {
  user_message: ({ payload }, pen) =>
    [
      ...linesOf(textOf(payload, "text", "message", "content")),
      ...imagesOf(payload).map(({ name, width, height }) => `[${plainLine(name)}, ${width ?? "?"} × ${height ?? "?"}]`),
    ].map((line) => pen("dim", `› ${line}`)),
  assistant_message: ({ payload }) => linesOf(textOf(payload, "text", "message", "content", "delta")),
  reasoning: nothing,
  token_usage: nothing,
  diff: nothing,
  command_execution: ({ payload }, pen) => commandLines(payload, pen),
  command_output: ({ payload }, pen) => outputLines(textOf(payload, "text", "output", "delta"), pen),
  tool_call: ({ payload }, pen) => [pen("cyan", `⚒ ${plainLine(textOf(payload, "tool", "name") ?? "tool")}`)],
  tool_output: ({ payload }, pen) => outputLines(textOf(payload, "text", "output"), pen),
  file_change: ({ payload }, pen) =>
    (textOf(payload, "status") === "inProgress" ? [] : changesOf(payload)).map(({ path, kind }) =>
      pen("cyan", `✎ ${plainLine(kind)} ${plainLine(path)}`),
    ),
  plan: ({ payload }) => stepsOf(payload).map(({ step, status }) => `${MARKS[status] ?? "·"} ${plainLine(step)}`),
  approval_request: ({ payload }, pen) => approvalLines(payload, pen),
  approval_decision: ({ payload }, pen) => {
    const by = textOf(payload, "decidedBy");
    return [
      pen("yellow", `  ${plainLine(textOf(payload, "decision") ?? "decided")}${by ? ` by ${plainLine(by)}` : ""}`),
    ];
  },
  warning: ({ payload }, pen) => [pen("yellow", `! ${plainLine(textOf(payload, "message", "text") ?? "a warning")}`)],
  error: ({ payload }, pen) => [pen("red", `✗ ${plainLine(textOf(payload, "message", "text") ?? "an error")}`)],
  terminal_status: ({ payload }, pen) => [pen("dim", `— run ${wordsOfEnd(payload)}`)],
  backend_status: ({ payload }, pen) =>
    textOf(payload, "phase") === "lease-expired" ? [pen("yellow", "! its runner was lost")] : [],
};

/** Shows a command when it starts, and its end where that is worth a line. */
function commandLines(payload: RunEvent["payload"], pen: Pen): string[] {
  const command = unwrapShell(commandOf(payload) ?? "");
  const exitCode = numberOf(payload, "exitCode");
  const tookMs = numberOf(payload, "durationMs");
  if (textOf(payload, "status") === "inProgress") return [pen("cyan", `$ ${plainLine(command)}`)];
  const took = tookMs === null ? "" : ` after ${formatDuration(tookMs)}`;
  if (exitCode === null) return [pen("dim", `  ${plainLine(textOf(payload, "status") ?? "ended")}${took}`)];
  return exitCode === 0 ? [] : [pen("red", `  exit ${exitCode}${took}`)];
}

function outputLines(text: string | null, pen: Pen): string[] {
  const lines = linesOf(text);
  const cut = lines.length - OUTPUT_LINES;
  const shown = lines.slice(-OUTPUT_LINES).map((line) => pen("dim", `  ${line}`));
  return cut > 0 ? [pen("dim", `  … ${cut} lines before these`), ...shown] : shown;
}

function approvalLines(payload: RunEvent["payload"], pen: Pen): string[] {
  const reason = textOf(payload, "reason");
  const command = commandOf(payload);
  return [
    pen("yellow", `? it asks for an approval${reason ? `: ${plainLine(reason)}` : ""}`),
    // A command that awaits a decision is shown in full.
    ...linesOf(command).map((line) => pen("bold", `  ${line}`)),
    ...changesOf(payload).map(({ path, kind }) => pen("bold", `  ${plainLine(kind)} ${plainLine(path)}`)),
  ];
}

export function wordsOfEnd(payload: RunEvent["payload"]): string {
  const message = textOf(payload, "message");
  const kind = textOf(payload, "failureKind");
  const status = textOf(payload, "terminalStatus", "state") ?? "ended";
  return plainLine([status, kind && `(${kind})`, message && `: ${message}`].filter(Boolean).join(" ")).replace(
    " :",
    ":",
  );
}

function linesOf(text: string | null): string[] {
  const written = plain(text ?? "").trimEnd();
  return written === "" ? [] : written.split("\n");
}
