import { commandOf, imagesOf, numberOf, stepsOf, textOf } from "@/components/conversation/payload";
import { formatDuration } from "@/components/ui/format";
import type { RunEvent } from "@/contract/event";
import { changesIn, type FileChange } from "@/contract/file-changes";
import { unwrapShell } from "@/contract/written";
import type { Io } from "./io";
import { plain, plainLine } from "./plain";

const OUTPUT_LINES = 20;
const MARKS: Record<string, string> = { completed: "✓", inProgress: "→", pending: "·" };

type Styler = Io["style"];
type Formatter = (event: RunEvent, style: Styler) => string[];

/** Returns the lines that a terminal shows for an event; an unknown event is shown by its type. */
export function eventLines(event: RunEvent, style: Styler): string[] {
  return (FORMATTERS[event.type] ?? formatUnknown)(event, style);
}

const formatNothing: Formatter = () => [];
const formatUnknown: Formatter = ({ type }, style) => [style("dim", plainLine(type))];

const FORMATTERS: Record<string, Formatter> = {
  user_message: ({ payload }, style) =>
    [
      ...toLines(textOf(payload, "text", "message", "content")),
      ...imagesOf(payload).map(({ name, width, height }) => `[${plainLine(name)}, ${width ?? "?"} × ${height ?? "?"}]`),
    ].map((line) => style("dim", `› ${line}`)),
  assistant_message: ({ payload }) => toLines(textOf(payload, "text", "message", "content", "delta")),
  reasoning: formatNothing,
  token_usage: formatNothing,
  diff: formatNothing,
  command_execution: ({ payload }, style) => commandLines(payload, style),
  command_output: ({ payload }, style) => outputLines(textOf(payload, "text", "output", "delta"), style),
  tool_call: ({ payload }, style) => [style("cyan", `⚒ ${plainLine(textOf(payload, "tool", "name") ?? "tool")}`)],
  tool_output: ({ payload }, style) => outputLines(textOf(payload, "text", "output"), style),
  file_change: ({ payload }, style) =>
    (textOf(payload, "status") === "inProgress" ? [] : changesIn(payload)).map((change) =>
      style("cyan", `✎ ${changeLine(change)}`),
    ),
  plan: ({ payload }) => stepsOf(payload).map(({ step, status }) => `${MARKS[status] ?? "·"} ${plainLine(step)}`),
  approval_request: ({ payload }, style) => approvalLines(payload, style),
  approval_decision: ({ payload }, style) => {
    const by = textOf(payload, "decidedBy");
    return [
      style("yellow", `  ${plainLine(textOf(payload, "decision") ?? "decided")}${by ? ` by ${plainLine(by)}` : ""}`),
    ];
  },
  warning: ({ payload }, style) => [
    style("yellow", `! ${plainLine(textOf(payload, "message", "text") ?? "a warning")}`),
  ],
  error: ({ payload }, style) => [style("red", `✗ ${plainLine(textOf(payload, "message", "text") ?? "an error")}`)],
  terminal_status: ({ payload }, style) => [style("dim", `— run ${describeEnd(payload)}`)],
  backend_status: ({ payload }, style) =>
    textOf(payload, "phase") === "lease-expired" ? [style("yellow", "! its runner was lost")] : [],
};

/** Shows a command when it starts, and its end where that is worth a line. */
function commandLines(payload: RunEvent["payload"], style: Styler): string[] {
  const command = unwrapShell(commandOf(payload) ?? "");
  const exitCode = numberOf(payload, "exitCode");
  const tookMs = numberOf(payload, "durationMs");
  if (textOf(payload, "status") === "inProgress") return [style("cyan", `$ ${plainLine(command)}`)];
  const duration = tookMs === null ? "" : ` after ${formatDuration(tookMs)}`;
  if (exitCode === null) return [style("dim", `  ${plainLine(textOf(payload, "status") ?? "ended")}${duration}`)];
  return exitCode === 0 ? [] : [style("red", `  exit ${exitCode}${duration}`)];
}

function outputLines(text: string | null, style: Styler): string[] {
  const lines = toLines(text);
  const cut = lines.length - OUTPUT_LINES;
  const shown = lines.slice(-OUTPUT_LINES).map((line) => style("dim", `  ${line}`));
  return cut > 0 ? [style("dim", `  … ${cut} lines before these`), ...shown] : shown;
}

function approvalLines(payload: RunEvent["payload"], style: Styler): string[] {
  const reason = textOf(payload, "reason");
  const command = commandOf(payload);
  return [
    style("yellow", `? it asks for an approval${reason ? `: ${plainLine(reason)}` : ""}`),
    // A command that awaits a decision is shown in full.
    ...toLines(command).map((line) => style("bold", `  ${line}`)),
    ...changesIn(payload).map((change) => style("bold", `  ${changeLine(change)}`)),
  ];
}

function changeLine({ path, kind, movedTo }: FileChange): string {
  return `${plainLine(kind)} ${plainLine(path)}${movedTo === null ? "" : ` → ${plainLine(movedTo)}`}`;
}

export function describeEnd(payload: RunEvent["payload"]): string {
  const message = textOf(payload, "message");
  const kind = textOf(payload, "failureKind");
  const status = textOf(payload, "terminalStatus", "state") ?? "ended";
  return plainLine([status, kind && `(${kind})`, message && `: ${message}`].filter(Boolean).join(" ")).replace(
    " :",
    ":",
  );
}

function toLines(text: string | null): string[] {
  const written = plain(text ?? "").trimEnd();
  return written === "" ? [] : written.split("\n");
}
