import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { pause } from "@/cli/pause";
import { plainLine } from "@/cli/plain";
import { printJson } from "@/cli/print";
import { type Column, formatTable } from "@/cli/table";
import { formatAge, formatDuration } from "@/components/ui/format";
import type { QueueCommander } from "@/contract/queue-commander";

const REFRESH_MS = 2_000;
const CLEAR = "\u001b[H\u001b[J";

/** Shows the queue at a glance: what needs a person, what runs, what comes next. On a terminal it keeps refreshing. */
export const top: Command = {
  name: "top",
  usage: "[QUEUE]",
  summary: "The queue at a glance, live on a terminal",
  help: ["--once   look once, also on a terminal"],
  options: { once: { type: "boolean" } },
  async run(io, { words: [queue, ...more], options }) {
    if (more.length > 0) throw new UsageError("top takes one queue", "agentrun top default");
    const load = () => io.client.call<QueueCommander>({ method: "GET", path: "/queue/commander", query: { queue } });
    if (io.form !== "table") {
      printJson(io, await load());
      return EXIT.ok;
    }
    const isLive = io.columns !== null && options.once !== true;
    for (;;) {
      const lines = formatLines(io, await load());
      io.out(isLive ? `${CLEAR}${lines.join("\n")}` : lines.join("\n"));
      if (!isLive) return EXIT.ok;
      await pause(REFRESH_MS, io.signal);
      if (io.signal.aborted) return EXIT.interrupted;
    }
  },
};

function formatLines(io: Io, { queue, stats, waits, throughput, oldest, attention, active, items }: QueueCommander) {
  const count = (state: string) => stats.byState[state] ?? 0;
  const p95 = waits.p95Ms === null ? "–" : formatDuration(waits.p95Ms);
  const next = items.filter(({ state }) => state === "pending");
  const now = Date.now();
  return [
    `${io.style("bold", plainLine(queue ?? "all queues"))}  ${count("pending")} wait, ${count("running") + count("dispatched")} run, ${count("failed")} failed`,
    `waits p95 ${p95}, oldest ${oldest === null ? "–" : formatAge(Date.parse(oldest.since), now)}, ${throughput.completed} completed and ${throughput.failed} failed a minute`,
    ...section(
      io,
      "Needs a person",
      attention.map(({ title, message }) =>
        io.style("yellow", `  ${plainLine([title, message].filter(Boolean).join(": "))}`),
      ),
    ),
    ...section(
      io,
      "Runs",
      taskLines(io, active, { name: "SINCE", of: ({ since }) => formatAge(Date.parse(since), now) }),
    ),
    ...section(
      io,
      "Next",
      taskLines(
        io,
        next.map((task) => ({ ...task, taskId: task.id })),
        { name: "PRIORITY", of: ({ priority }) => String(priority) },
      ),
    ),
  ];
}

type Task = { taskId: string; queue: string; lane: string; title: string };

/**
 * Formats a line for each task under a heading, with one more column for this part; no lines where there are no tasks.
 */
function taskLines<Row extends Task>(io: Io, tasks: readonly Row[], more: Column<Row>): string[] {
  if (tasks.length === 0) return [];
  const columns: Column<Row>[] = [
    { name: "TASK", of: ({ taskId }) => taskId },
    { name: "LANE", of: ({ queue, lane }) => `${queue}/${lane}` },
    more,
    { name: "TITLE", of: ({ title }) => title, canBeCut: true },
  ];
  return formatTable(tasks, columns, io);
}

/** Formats lines under their title, and nothing where there are none. */
function section(io: Io, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", io.style("bold", title), ...lines];
}
