import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { pause } from "@/cli/pause";
import { plainLine } from "@/cli/plain";
import { printJson } from "@/cli/print";
import { formatTable } from "@/cli/table";
import { formatAge, formatDuration } from "@/components/ui/format";
import type { QueueCommander } from "@/contract/queue-commander";

const LOOK_MS = 2_000;
const CLEAR = "\u001b[H\u001b[J";

/** The queue at a glance: what needs a person, what runs, what comes next. On a terminal it goes on looking. */
export const top: Command = {
  name: "top",
  usage: "[QUEUE]",
  summary: "The queue at a glance, live on a terminal",
  help: ["--once   look once, also on a terminal"],
  options: { once: { type: "boolean" } },
  async run(io, { words: [queue, ...more], options }) {
    if (more.length > 0) throw new UsageError("top takes one queue", "agentrun top default");
    const look = () => io.client.call<QueueCommander>({ method: "GET", path: "/queue/commander", query: { queue } });
    if (io.form !== "table") {
      printJson(io, await look());
      return EXIT.ok;
    }
    const isLive = io.columns !== null && options.once !== true;
    for (;;) {
      const lines = linesOf(io, await look());
      io.out(isLive ? `${CLEAR}${lines.join("\n")}` : lines.join("\n"));
      if (!isLive) return EXIT.ok;
      await pause(LOOK_MS, io.signal);
      if (io.signal.aborted) return EXIT.interrupted;
    }
  },
};

function linesOf(io: Io, { queue, stats, waits, throughput, oldest, attention, active, items }: QueueCommander) {
  const count = (state: string) => stats.byState[state] ?? 0;
  const p95 = waits.p95Ms === null ? "–" : formatDuration(waits.p95Ms);
  const next = items.filter(({ state }) => state === "pending");
  const now = Date.now();
  return [
    `${io.style("bold", plainLine(queue ?? "all queues"))}  ${count("pending")} wait, ${count("running") + count("dispatched")} run, ${count("failed")} failed`,
    `waits p95 ${p95}, oldest ${oldest === null ? "–" : formatAge(Date.parse(oldest.since), now)}, ${throughput.completed} completed and ${throughput.failed} failed a minute`,
    ...heading(io, "Needs a person", attention),
    ...attention.map(({ title, message }) =>
      io.style("yellow", `  ${plainLine([title, message].filter(Boolean).join(": "))}`),
    ),
    ...heading(io, "Runs", active),
    ...(active.length === 0
      ? []
      : formatTable(
          active,
          [
            { name: "TASK", of: ({ taskId }) => taskId },
            { name: "LANE", of: ({ queue, lane }) => `${queue}/${lane}` },
            { name: "SINCE", of: ({ since }) => formatAge(Date.parse(since), now) },
            { name: "TITLE", of: ({ title }) => title, canBeCut: true },
          ],
          io,
        )),
    ...heading(io, "Next", next),
    ...(next.length === 0
      ? []
      : formatTable(
          next,
          [
            { name: "TASK", of: ({ id }) => id },
            { name: "LANE", of: ({ queue, lane }) => `${queue}/${lane}` },
            { name: "PRIORITY", of: ({ priority }) => String(priority) },
            { name: "TITLE", of: ({ title }) => title, canBeCut: true },
          ],
          io,
        )),
  ];
}

function heading(io: Io, title: string, rows: readonly unknown[]): string[] {
  return rows.length === 0 ? [] : ["", io.style("bold", title)];
}
