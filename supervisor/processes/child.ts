import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildSpec {
  name: string;
  file: string;
  env: NodeJS.ProcessEnv;
  /** Flags for Node; source maps by default. */
  nodeFlags?: readonly string[];
  /** Opens Node's IPC channel. */
  hasChannel: boolean;
  onLine(line: string): void;
  onMessage?(message: unknown): void;
}

export interface RunningChild {
  pid: number;
  exited: Promise<Exit>;
  /** Returns the last lines that it wrote to stderr. */
  stderrTail(): string;
  send(message: object): void;
  /** Sends SIGTERM, and SIGKILL at the deadline. Resolves once the process is gone. */
  stop(deadlineMs: number): Promise<Exit>;
  kill(): void;
}

const TAIL_LINES = 20;
const NODE_FLAGS = ["--enable-source-maps"];

/**
 * Starts a Node program. Its stdin is a pipe that closes with this process and so tells it to end, even when this
 * process was killed. It runs in a session of its own, so that a terminal's Ctrl-C reaches only the supervisor, which
 * stops everything in order.
 */
export async function startChild(spec: ChildSpec): Promise<RunningChild> {
  const child = spawn(process.execPath, [...(spec.nodeFlags ?? NODE_FLAGS), spec.file], {
    detached: true,
    env: spec.env,
    stdio: spec.hasChannel ? ["pipe", "pipe", "pipe", "ipc"] : ["pipe", "pipe", "pipe"],
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await once(child, "spawn");
  // A child may end between any two writes to it.
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  const tail: string[] = [];
  readLines(child.stdout, spec.onLine);
  readLines(child.stderr, (line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    spec.onLine(line);
  });
  if (spec.onMessage) child.on("message", spec.onMessage);
  return {
    pid: child.pid ?? 0,
    exited,
    stderrTail: () => tail.join("\n"),
    send(message) {
      if (child.connected) child.send(message, () => undefined);
    },
    stop: (deadlineMs) => stopChild(child, exited, deadlineMs),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function stopChild(child: ChildProcess, exited: Promise<Exit>, deadlineMs: number): Promise<Exit> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const exit = await exited;
  clearTimeout(timer);
  return exit;
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}
