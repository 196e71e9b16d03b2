import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { makeRun } from "@/db/test/factories";
import { mintRunnerTokens } from "@/server/identity";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";
import { startWeb } from "./web";

// What the model gateway adds to a call, and what it costs to pass on many streams at once.
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 500);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 200);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const EVENTS_PER_SECOND = 100;
/** Of the conversation that each stream is asked by: agents send all of theirs with each request. */
const REQUEST_KB = Number(process.env.BENCH_REQUEST_KB ?? 200);
const WIRES = (process.env.BENCH_WIRES ?? "responses,chat").split(",");

const provider = spawn(process.execPath, [path.resolve("bench", "gateway-provider.mjs")], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, EVENTS_PER_SECOND: String(EVENTS_PER_SECOND) },
});
const [port] = (await once(provider.stdout, "data")).map(Number);
const baseUrl = `http://127.0.0.1:${port}/v1`;
const file = path.resolve("test-results", "bench-backends.json");
const profiles = WIRES.flatMap((wire) =>
  ["short", "stream"].map((model) => [`${wire}-${model}`, wire, model] as const),
);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(
  file,
  JSON.stringify(Object.fromEntries(profiles.map(([name, wire, model]) => [name, { model, baseUrl, wire }]))),
);

const agent = new Agent({ keepAlive: true });
await using database = await startBenchDatabase();
await using ctx = testContext(database);
for (const wire of WIRES) {
  await using web = await startWeb(database.url, {
    AGENTRUN_BACKENDS: file,
    AGENTRUN_BACKEND_PROBE_INTERVAL_MS: "86400000",
  });
  const gateway = (profile: string) => `${web.url}/api/model/${profile}/v1/responses`;
  await latency(wire, gateway(`${wire}-short`));
  await streams(wire, web, gateway(`${wire}-stream`));
}
agent.destroy();
provider.stdin.end();

/** Calls in turn, straight to the provider and through the gateway; each waits for the first byte. */
async function latency(wire: string, url: string): Promise<void> {
  let token = "";
  const direct: number[] = [];
  const through: number[] = [];
  for (let index = 0; index < SAMPLES + 50; index += 1) {
    // A run may not call without end.
    if (index % 100 === 0) token = await tokenOf(`${wire}-short`);
    const one = await firstByte(`${baseUrl}/responses`, null, "short");
    const other = await firstByte(url, token, "short");
    if (index < 50) continue;
    direct.push(one);
    through.push(other);
  }
  const added = through.map((ms, index) => ms - (direct[index] ?? 0)).sort((left, right) => left - right);
  direct.sort((left, right) => left - right);
  console.log(`\n${wire}: to the first byte, ${SAMPLES} calls in turn, ms`);
  console.log(
    `  straight to the provider  p50 ${quantile(direct, 0.5).toFixed(2)}  p99 ${quantile(direct, 0.99).toFixed(2)}`,
  );
  console.log(
    `  added by the gateway      p50 ${quantile(added, 0.5).toFixed(2)}  p99 ${quantile(added, 0.99).toFixed(2)}`,
  );
}

async function streams(wire: string, web: Awaited<ReturnType<typeof startWeb>>, url: string): Promise<void> {
  const tokens = [];
  // Several calls share a run, as sub-agents of one do.
  for (let index = 0; index < Math.ceil(STREAMS / 4); index += 1) tokens.push(await tokenOf(`${wire}-stream`));
  const idleBytes = web.rssBytes();
  const open: IncomingMessage[] = [];
  let bytes = 0;
  for (let index = 0; index < STREAMS; index += 1) {
    const answer = await call(url, tokens[index % tokens.length] ?? null, conversation("stream", REQUEST_KB));
    answer.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    answer.on("error", () => undefined);
    open.push(answer);
  }
  await pause(2_000);
  const [cpuBefore, bytesBefore, startedAt] = [web.cpuMs(), bytes, performance.now()];
  const memory: number[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    await pause(1_000);
    memory.push(web.rssBytes());
  }
  const tookMs = performance.now() - startedAt;
  const share = (web.cpuMs() - cpuBefore) / tookMs;
  const perStream = ((memory.at(-1) ?? 0) - idleBytes) / STREAMS / 1024;
  console.log(
    `\n${wire}: ${STREAMS} streams of ${EVENTS_PER_SECOND} events a second, ${SECONDS} s, of requests of ${REQUEST_KB} KB`,
  );
  console.log(`  ${(share * 100).toFixed(0)} % of one core, ${perStream.toFixed(0)} KB of web's memory a stream`);
  console.log(`  memory after each second, MB: ${memory.map((size) => Math.round(size / 1_048_576)).join(" ")}`);
  console.log(`  ${((bytes - bytesBefore) / tookMs / 1_000).toFixed(1)} MB/s passed on`);
  for (const answer of open) answer.destroy();
}

async function tokenOf(profile: string): Promise<string> {
  const run = await makeRun(ctx.database.db, { backendProfile: profile, status: "claimed", leaseEpoch: 1 });
  const minted = await mintRunnerTokens(ctx, { runId: run.id, leaseEpoch: 1, tenantId: "default", profile });
  return minted.modelToken;
}

async function firstByte(url: string, token: string | null, model: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await call(url, token, conversation(model, 0));
  const [first] = await once(answer, "data");
  const tookMs = performance.now() - startedAt;
  answer.resume();
  if (!String(first).includes("data:")) throw new Error(`no answer of a model: ${first}`);
  if (!answer.readableEnded) await once(answer, "end");
  return tookMs;
}

/** A request by a conversation of so many KB. */
function conversation(model: string, kb: number): string {
  const said = (index: number) =>
    index % 2 === 0
      ? { type: "message", role: "user", content: [{ type: "input_text", text: `${index} ${"word ".repeat(200)}` }] }
      : { type: "message", role: "assistant", content: [{ type: "output_text", text: "word ".repeat(200) }] };
  const before = Array.from({ length: 2 * Math.floor(kb / 2) }, (_, index) => said(index));
  const hello = { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] };
  return JSON.stringify({ model, stream: true, input: [...before, hello] });
}

function call(url: string, token: string | null, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const asked = request(url, { method: "POST", headers, agent }, (answer) => {
      if (answer.statusCode === 200) return resolve(answer);
      answer.resume();
      reject(new Error(`refused: ${answer.statusCode}`));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
