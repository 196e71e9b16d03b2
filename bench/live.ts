import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";
import { setImmediate as nextTick, setTimeout as pause } from "node:timers/promises";
import { makeRun } from "@/db/test/factories";
import { EventAppender } from "@/server/events";
import { Live } from "@/server/live";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { compare, print, quantile } from "./measure";
import { closeRequests, mutate } from "./requests";
import { startWeb, TOKEN } from "./web";

// Followers of one run, runners that wait for a command, and what telling them costs those who append.
const SUBSCRIBERS = Number(process.env.BENCH_SUBSCRIBERS ?? 1_000);
const EVENTS_PER_SECOND = 20;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WAKES = Number(process.env.BENCH_SAMPLES ?? 300);
/** A reader waits between commands: a runner is idle when its command comes. */
const IDLE_MS = 20;

/** Wall time with microseconds, the same for all of this process. */
const now = () => performance.timeOrigin + performance.now();

await using database = await startBenchDatabase();
await using ctx = testContext(database);
await using web = await startWeb(database.url);
await followers();
await wakes();
await notifyCost();
closeRequests();

async function followers(): Promise<void> {
  const { id: runId } = await makeRun(ctx.database.db);
  await follow(runId, "events", () => undefined).then((stream) => stream.close());
  const before = web.rssBytes();
  const latencies: number[] = [];
  const streams = [];
  for (let index = 0; index < SUBSCRIBERS; index += 1) {
    streams.push(
      await follow(runId, "events", (data) => {
        const { payload } = data as { payload: { sentAt?: number } };
        if (payload.sentAt !== undefined) latencies.push(now() - payload.sentAt);
      }),
    );
  }
  await pause(1_000);
  const perSubscriber = (web.rssBytes() - before) / SUBSCRIBERS / 1024;
  const total = EVENTS_PER_SECOND * SECONDS;
  const startedAt = performance.now();
  for (let sent = 0; sent < total; sent += 1) {
    const dueMs = startedAt + (sent * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (dueMs > 0) await pause(dueMs);
    const events = [{ type: "assistant_message", payload: { text: "x".repeat(250), sentAt: now() } }];
    void mutate(web.url, "events.append", { runId, events });
  }
  const wanted = total * SUBSCRIBERS;
  for (const endsAt = performance.now() + 20_000; latencies.length < wanted && performance.now() < endsAt; )
    await pause(20);
  latencies.sort((left, right) => left - right);
  console.log(
    `\n${SUBSCRIBERS} subscribers on one run, ${EVENTS_PER_SECOND} events/s for ${SECONDS} s, append to client`,
  );
  console.log(`  delivered ${latencies.length} of ${wanted}`);
  console.log(`  p50 ${quantile(latencies, 0.5).toFixed(1)} ms  p99 ${quantile(latencies, 0.99).toFixed(1)} ms`);
  console.log(`  ${perSubscriber.toFixed(1)} KB of web's memory for each idle subscriber`);
  for (const stream of streams) stream.close();
}

async function wakes(): Promise<void> {
  const { id: runId } = await makeRun(ctx.database.db);
  let heard: (() => void) | undefined;
  const stream = await follow(runId, "commands", () => heard?.());
  const latencies: number[] = [];
  for (let index = 0; index < WAKES + 20; index += 1) {
    await pause(IDLE_MS);
    let heardAt = 0;
    const woken = new Promise<void>((resolve) => {
      heard = () => {
        heardAt = performance.now();
        resolve();
      };
    });
    await mutate(web.url, "commands.create", { runId, type: "interrupt", payload: {} });
    // From the answer on the command is committed; a reader that was faster than the answer waited for nothing.
    const answeredAt = performance.now();
    await woken;
    if (index >= 20) latencies.push(Math.max(0, heardAt - answeredAt));
  }
  latencies.sort((left, right) => left - right);
  console.log(`\nan idle runner woken by a new command, ${WAKES} samples, commit to client`);
  console.log(`  p50 ${quantile(latencies, 0.5).toFixed(2)} ms  p99 ${quantile(latencies, 0.99).toFixed(2)} ms`);
  stream.close();
}

/** The same appender with its wakes going nowhere, and with NOTIFY to a process that listens. */
async function notifyCost(): Promise<void> {
  const live = new Live({
    db: ctx.database.db,
    databaseUrl: database.url,
    log: ctx.log,
    endedTokens: async () => new Set(),
  });
  live.start();
  const appenders = {
    silent: new EventAppender({ pool: ctx.pool, onStored: () => {}, wake: () => {} }),
    telling: new EventAppender({ pool: ctx.pool, onStored: () => {}, wake: live.wake }),
  };
  const runIds: string[] = [];
  for (let index = 0; index < 64; index += 1) runIds.push((await makeRun(ctx.database.db)).id);
  const append = (appender: keyof typeof appenders) => (caller: number) =>
    appenders[appender].append({
      runId: runIds[caller % 64] ?? "",
      leaseEpoch: null,
      events: [{ type: "assistant_message", payload: { text: "x".repeat(250) } }],
    });
  const measured = await compare([
    { name: "append, nobody told", callers: 64, unitsPerCall: 1, once: append("silent") },
    { name: "append with NOTIFY", callers: 64, unitsPerCall: 1, once: append("telling") },
  ]);
  print("what NOTIFY costs, 64 runs x 1 event", measured, "append, nobody told");
  for (const appender of Object.values(appenders)) await appender.close();
  await live.close();
}

type Stream = { close(): void };

/** Opens an event stream and hands on the data of each frame that has an id; resolves once the stream is open. */
function follow(runId: string, what: "events" | "commands", onData: (data: unknown) => void): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: "text/event-stream" };
    const request: ClientRequest = get(
      `${web.url}/api/v1/runs/${runId}/${what}/watch`,
      { headers, agent: false },
      (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`a stream was refused: ${answer.statusCode}`));
        readFrames(answer, onData);
        // Give the server the turn in which it subscribes.
        void nextTick().then(() => resolve({ close: () => request.destroy() }));
      },
    );
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET") reject(error);
    });
  });
}

function readFrames(answer: IncomingMessage, onData: (data: unknown) => void): void {
  let rest = "";
  answer.setEncoding("utf8");
  answer.on("error", () => undefined);
  answer.on("data", (chunk: string) => {
    const frames = (rest + chunk).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const lines = frame.split("\n");
      const data = lines.find((line) => line.startsWith("data:"))?.slice(5);
      if (data !== undefined && lines.some((line) => line.startsWith("id:"))) onData(JSON.parse(data));
    }
  });
}
