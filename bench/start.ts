import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "@/supervisor/port";
import { quantile } from "./measure";
import { buildFolder, rssBytesOf } from "./web";

// From the start of the whole product to a page that is served: on an empty data folder, and on one that is there.
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const IDLE_MS = 10_000;

const parent = path.resolve("test-results", "bench");
mkdirSync(parent, { recursive: true });
const first: number[] = [];
const again: number[] = [];
const rss: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const dataDir = mkdtempSync(path.join(parent, "data-"));
  first.push(await startOnce(dataDir, false));
  again.push(await startOnce(dataDir, round === 0));
  rmSync(dataDir, { recursive: true, force: true });
}
const show = (samples: number[]) => {
  const sorted = [...samples].sort((left, right) => left - right);
  return `median ${quantile(sorted, 0.5).toFixed(1)}  worst ${sorted.at(-1)?.toFixed(1)}`;
};
console.log(`\nto a served page, seconds, ${ROUNDS} rounds`);
console.log(`  first start, the build being there   ${show(first)}`);
console.log(`  on an existing data folder           ${show(again)}`);
console.log(`web, idle: ${show(rss)} MB resident`);

async function startOnce(dataDir: string, isMeasured: boolean): Promise<number> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(buildFolder(), "supervisor.mjs")], {
    stdio: ["pipe", "ignore", "inherit"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      PORT: String(port),
      HOST: "127.0.0.1",
      AGENTRUN_DATA_DIR: dataDir,
      LOG_LEVEL: "error",
    },
  });
  process.once("exit", () => child.kill("SIGTERM"));
  const ended = once(child, "exit");
  while (!(await isServed(`${url}/readyz`))) await pause(20);
  if (!(await isServed(`${url}/sign-in`))) throw new Error("ready, and yet no page is served");
  const seconds = (performance.now() - startedAt) / 1_000;
  if (isMeasured) {
    await pause(IDLE_MS);
    rss.push(rssBytesOf(childWith(child.pid ?? 0, "web.mjs")) / 1024 ** 2);
  }
  child.kill("SIGTERM");
  await ended;
  return seconds;
}

async function isServed(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { redirect: "manual" });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

function childWith(parentPid: number, program: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const isChild = readFileSync(`/proc/${pid}/status`, "utf8").includes(`PPid:\t${parentPid}\n`);
      if (isChild && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program)) return Number(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`no process runs ${program}`);
}
