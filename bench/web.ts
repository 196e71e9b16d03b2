import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { WEB_NODE_FLAGS } from "@/contract/supervisor";

export const TOKEN = "bench-administrator-token";

export type BenchWeb = AsyncDisposable & {
  url: string;
  pid: number;
  rssBytes(): number;
  /** Processor time that it has used so far, all threads together. */
  cpuMs(): number;
};

/** The build that scripts/bench.mjs has made of the sources as they are. */
export function buildFolder(): string {
  const folder = process.env.BENCH_BUILD;
  if (!folder) throw new Error("start a bench by npm run bench -- NAME");
  return folder;
}

/** The product's web process as it is shipped, alone: no supervisor, no worker. */
export function startWeb(databaseUrl: string, env: Record<string, string> = {}): Promise<BenchWeb> {
  return start(
    [...WEB_NODE_FLAGS, ...(process.env.BENCH_WEB_FLAGS?.split(" ") ?? []), path.join(buildFolder(), "web.mjs")],
    databaseUrl,
    env,
  );
}

/** The same routes as Next serves them by itself: what the API's own path in front of Next is measured against. */
export function startNext(databaseUrl: string): Promise<BenchWeb> {
  return start(["--input-type=module", "-e", NEXT_ALONE], databaseUrl);
}

const NEXT_ALONE = `
import { createServer } from "node:http";
import next from "next";
const app = next({ dev: false, dir: process.cwd() });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((req, res) => void handle(req, res));
server.listen(0, "127.0.0.1", () => console.log("at http://127.0.0.1:" + server.address().port));
process.stdin.on("close", () => process.exit(0)).resume();
`;

async function start(args: string[], databaseUrl: string, env: Record<string, string> = {}): Promise<BenchWeb> {
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      DATABASE_URL: databaseUrl,
      PORT: "0",
      HOST: "127.0.0.1",
      AGENTRUN_ADMIN_TOKEN: TOKEN,
      AGENTRUN_EXECUTOR: "none",
      AGENTRUN_DATA_DIR: path.resolve("test-results", "bench", "data"),
      AGENTRUN_DIST_DIR: path.relative(process.cwd(), path.join(buildFolder(), "next")),
      LOG_LEVEL: "error",
      ...env,
    },
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await readUrl(child);
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    rssBytes: () => rssBytesOf(pid),
    cpuMs: () => cpuMsOf(pid),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function readUrl(child: ChildProcess): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += chunk;
    const found = /at (http:\/\/[^\s]+)/.exec(output)?.[1];
    if (found === undefined) continue;
    child.stdout?.resume();
    return found;
  }
  throw new Error(`the web process ended: ${output}`);
}

/** Resident memory, as Linux counts it. */
export function rssBytesOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

/** Linux counts processor time in hundredths of a second, fields 14 and 15 of proc(5)'s stat. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
