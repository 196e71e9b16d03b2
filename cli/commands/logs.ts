import { type Command, optionText } from "@/cli/command";
import { EXIT, RefusedError, UsageError } from "@/cli/failure";
import { followRun } from "@/cli/follow-run";
import type { Io } from "@/cli/io";
import { newestRun } from "@/cli/newest-run";
import { printEvent } from "@/cli/print";
import type { RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";

const PAGE = 500;

/** Prints what a run did, or a session's last run, from its first event. */
export const logs: Command = {
  name: "logs",
  usage: "RUN|SESSION",
  summary: "What a run, or a session's last one, did",
  help: ["--follow       go on until the run has ended", "--after SEQ    leave out events up to this one"],
  options: { follow: { type: "boolean", short: "f" }, after: { type: "string" } },
  async run(io, typed) {
    const [id = "", ...more] = typed.words;
    if (id === "" || more.length > 0) throw new UsageError("logs takes one run or session", "agentrun ls sessions");
    const after = optionText(typed, "after") ?? "0";
    if (!/^\d{1,10}$/.test(after)) throw new UsageError(`--after takes the number of an event, not “${after}”`);
    const runId = await findRun(io, id);
    return typed.options.follow === true ? follow(io, runId, Number(after)) : printAll(io, runId, Number(after));
  },
};

async function findRun(io: Io, id: string): Promise<string> {
  try {
    return (await io.client.call<Run>({ method: "GET", path: `/runs/${encodeURIComponent(id)}` })).id;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 404) throw error;
  }
  await io.client.call({ method: "GET", path: `/sessions/${encodeURIComponent(id)}` });
  const run = await newestRun(io, id);
  if (run === undefined) throw new UsageError(`session ${id} has no run yet`, `agentrun run --session ${id} TEXT`);
  return run.id;
}

async function printAll(io: Io, runId: string, after: number): Promise<number> {
  for (let afterSeq = after; !io.signal.aborted; ) {
    const query = { afterSeq, limit: PAGE };
    const path = `/runs/${encodeURIComponent(runId)}/events`;
    const { items, lastSeq } = await io.client.call<{ items: RunEvent[]; lastSeq: number }>({
      method: "GET",
      path,
      query,
    });
    for (const event of items) printEvent(io, event);
    afterSeq = items.at(-1)?.seq ?? lastSeq;
    if (afterSeq >= lastSeq) return EXIT.ok;
  }
  return EXIT.interrupted;
}

/** Follows a run until its end; the exit code is that of the run's end. */
async function follow(io: Io, runId: string, afterSeq: number): Promise<number> {
  let status: unknown = null;
  for await (const event of followRun(io, { runId, afterSeq }, io.signal)) {
    printEvent(io, event);
    if (event.type === "terminal_status") status = event.payload.terminalStatus;
  }
  if (io.signal.aborted) return EXIT.interrupted;
  if (status === "failed") return EXIT.failed;
  return status === "cancelled" ? EXIT.cancelled : EXIT.ok;
}
