import { realpathSync } from "node:fs";
import { createInterface as readLines } from "node:readline";
import { createInterface } from "node:readline/promises";
import { version } from "@/package.json";
import { EXIT } from "./failure";
import { styler } from "./io";
import { type ProgramEnvironment, runProgram } from "./program";

const interruption = new AbortController();
const listeners: (() => void)[] = [];
process.on("SIGINT", () => {
  // Where no command listens, Ctrl-C aborts what is in progress.
  if (listeners.length === 0) interruption.abort();
  for (const listener of listeners) listener();
});
// `agentrun … | head` must not count as a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const isTerminal = process.stdout.isTTY === true;
const environment: ProgramEnvironment = {
  env: process.env,
  version,
  out: (line) => void process.stdout.write(`${line}\n`),
  bytes: (chunk) => new Promise((resolve) => void process.stdout.write(chunk, () => resolve())),
  note: (line) => void process.stderr.write(`${line}\n`),
  ask: isTerminal && process.stdin.isTTY ? ask : null,
  lines: () => readLines({ input: process.stdin, signal: interruption.signal, crlfDelay: Number.POSITIVE_INFINITY }),
  columns: isTerminal ? process.stdout.columns : null,
  style: styler(isTerminal && !process.env.NO_COLOR),
  onInterrupt: (listener) => void listeners.push(listener),
  signal: interruption.signal,
  self: [process.execPath, realpathSync(process.argv[1] ?? "")],
};

async function ask(question: string, signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline intercepts Ctrl-C, so it is passed on.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const ended = new AbortController();
  const end = () => ended.abort();
  // Ctrl-D.
  lines.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await lines.question(question, { signal: ended.signal });
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    environment.note("");
    return null;
  } finally {
    signal.removeEventListener("abort", end);
    lines.close();
  }
}

const code = await runProgram(process.argv.slice(2), environment).catch((error: unknown) => {
  // An error in this program itself: its stack is what helps.
  environment.note(`agentrun: ${error instanceof Error ? error.stack : String(error)}`);
  return EXIT.failed;
});
// Output is flushed before the exit. A question that nobody has answered, or a pending request, must not delay the
// exit.
process.stdout.write("", () => process.exit(code));
