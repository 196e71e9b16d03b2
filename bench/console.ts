import { type ClientRequest, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import pg from "pg";
import { makeRun } from "@/db/test/factories";
import { loadConsole } from "@/db/test/load-console";
import { loadTasks } from "@/db/test/load-tasks";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";
import { closeRequests, mutate } from "./requests";
import { startWeb, TOKEN } from "./web";

// The console in a real browser, over as much as a year of hundreds of agents leaves behind.
const SESSIONS = Number(process.env.BENCH_SESSIONS ?? 10_000);
const EVENTS_PER_RUN = 90;
const LONG_RUN_EVENTS = 100_000;
/** So many of them are scrolled past: more than are loaded at first, three times over. */
const LONG_ROWS = 3_500;
const TASKS = Number(process.env.BENCH_TASKS ?? 100_000);
const LOADS = Number(process.env.BENCH_SAMPLES ?? 10);
const TABS = Number(process.env.BENCH_TABS ?? 50);
/** An hour in which something changes ten times a second. */
const HOUR_EVENTS = Number(process.env.BENCH_EVENTS ?? 36_000);
const BATCH = 20;
/** So many tabs of one browser have a stream: a connection each, of the six that it opens. */
const STREAMS_MAX = 4;
const LISTS: [name: string, address: string, link: string, table: string][] = [
  ["sessions", "/sessions?state=all", "Sessions", "Sessions"],
  ["queue", "/queue", "Queue", "Tasks"],
  ["runs", "/runs", "Runs", "Runs"],
  ["storage", "/storage", "Storage", "Volumes"],
  ["audit", "/audit", "Audit", "Audit"],
];
const PARTS = { serverTimes, coldLoads, navigations, interactions, longSession, livePatches, anHour };

await using database = await startBenchDatabase();
await using ctx = testContext(database);
await using web = await startWeb(database.url);
const loader = new pg.Client({ connectionString: database.url });
await loader.connect();
await loadConsole(loader, {
  ...{ sessions: SESSIONS, eventsPerRun: EVENTS_PER_RUN, longRunEvents: LONG_RUN_EVENTS },
  ...{ approvals: 20, audit: SESSIONS, runners: 100 },
});
await loadTasks(loader, TASKS);
await loader.end();

const browser = await chromium.launch({
  executablePath: process.env.BENCH_CHROMIUM,
  args: ["--disable-gpu", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (process.env.BENCH_PARTS === undefined || process.env.BENCH_PARTS.split(",").includes(name)) await part();
  }
} finally {
  await browser.close();
  closeRequests();
}

async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: web.url,
    extraHTTPHeaders: { authorization: `Bearer ${TOKEN}` },
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  // Of the page itself, so that the way to the browser and back is in no figure.
  await context.addInitScript(() => {
    const held = { events: [] as number[], usableAt: 0 };
    Object.assign(window, { bench: held });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ((entry as PerformanceEventTiming & { interactionId?: number }).interactionId)
          held.events.push(entry.duration);
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  return context;
}

/** Milliseconds of the page's own clock at which a table has a row and the page answers to clicks. */
async function usable(page: Page, table: string): Promise<number> {
  const at = await page.waitForFunction(
    (name) => {
      const row = document.querySelector(`main table[aria-label="${name}"] tbody tr`);
      return row && document.documentElement.hasAttribute("data-hydrated") ? performance.now() : null;
    },
    table,
    { polling: "raf" },
  );
  return (await at.jsonValue()) ?? Number.NaN;
}

async function serverTimes(): Promise<void> {
  console.log(`\nserver time of a list's first page, over HTTP, p50 / p99 ms of ${LOADS * 10}`);
  for (const path of ["sessions?state=all", "queue/tasks?state=pending", "runs", "storage", "audit"]) {
    const latencies: number[] = [];
    for (let index = 0; index < LOADS * 10; index += 1) {
      const startedAt = performance.now();
      const answer = await fetch(`${web.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
      if (index > LOADS) latencies.push(performance.now() - startedAt);
    }
    tell(path, latencies);
  }
}

async function coldLoads(): Promise<void> {
  console.log(`\na list usable, with an empty cache, p50 / worst ms of ${LOADS}`);
  for (const [name, address, , table] of LISTS) {
    const latencies: number[] = [];
    for (let index = 0; index <= LOADS; index += 1) {
      const context = await openContext();
      const page = await context.newPage();
      await page.goto(address, { waitUntil: "commit" });
      const tookMs = await usable(page, table);
      if (index > 0) latencies.push(tookMs);
      await context.close();
    }
    tell(name, latencies);
  }
}

async function navigations(): Promise<void> {
  console.log(`\nfrom one page to another, click to rows, p50 / worst ms of ${LOADS}`);
  const context = await openContext();
  const page = await context.newPage();
  await page.goto("/status");
  await page.waitForSelector("html[data-hydrated]");
  const taken = new Map<string, number[]>(LISTS.map(([name]) => [name, []]));
  for (let index = 0; index <= LOADS; index += 1) {
    for (const [name, , link, table] of LISTS) {
      const tookMs = await page.evaluate(
        ([text, label]) =>
          new Promise<number>((resolve) => {
            const anchor = [...document.querySelectorAll<HTMLAnchorElement>('nav[aria-label="Main"] a')].find((one) =>
              one.textContent?.startsWith(text ?? ""),
            );
            const startedAt = performance.now();
            anchor?.click();
            const look = () => {
              if (document.querySelector(`main table[aria-label="${label}"] tbody tr`))
                resolve(performance.now() - startedAt);
              else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
          }),
        [link, table],
      );
      if (index > 0) taken.get(name)?.push(tookMs);
      // As long as somebody looks at least: what a page does when it has come is not the next one's.
      await pause(300);
    }
  }
  for (const [name, latencies] of taken) tell(name, latencies);
  await context.close();
}

async function interactions(): Promise<void> {
  console.log("\nkeys and clicks, press to paint (as INP counts: 0 is below 16), p50 / worst ms");
  for (const [name, address, , table] of LISTS) {
    const context = await openContext();
    const page = await context.newPage();
    await page.goto(address);
    await usable(page, table);
    for (const key of ["j", "j", "j", "k", "j", "j", "?", "Escape", "Control+k", "Escape", "j", "k"]) {
      await page.keyboard.press(key);
      await pause(80);
    }
    await page.keyboard.press("/");
    await page.keyboard.type("needle", { delay: 60 });
    await pause(500);
    const seen = await page.evaluate(() => (window as unknown as { bench: { events: number[] } }).bench.events);
    tell(name, seen.length > 0 ? seen : [0]);
    await context.close();
  }
}

async function longSession(): Promise<void> {
  console.log(`\na session with ${LONG_RUN_EVENTS} events`);
  const context = await openContext();
  const page = await context.newPage();
  await page.goto("/sessions/ses_long?tab=trace", { waitUntil: "commit" });
  const opened = await page.waitForFunction(
    () => (document.querySelector("main")?.textContent?.includes("make part-") ? performance.now() : null),
    undefined,
    { polling: "raf" },
  );
  const openedMs = (await opened.jsonValue()) ?? Number.NaN;
  console.log(`  its last events are shown after ${Math.round(openedMs)} ms`);
  await pause(1_000);
  const { frames, rows } = await page.evaluate(async (rowsMin) => {
    const box = document.querySelector<HTMLElement>("[aria-label='Events']");
    if (!box || box.scrollHeight < 10_000) throw new Error("nothing scrolls");
    box.scrollTop = box.scrollHeight;
    const gaps: number[] = [];
    const seen = new Set<string>();
    let lastAt = performance.now();
    while (seen.size < rowsMin) {
      if (box.scrollTop === 0) {
        const before = box.scrollHeight;
        const more = [...document.querySelectorAll("button")].find((one) =>
          one.textContent?.startsWith("Load earlier"),
        );
        if (!more) throw new Error("nothing is loaded any more");
        more.click();
        while (box.scrollHeight === before) await new Promise(requestAnimationFrame);
        // The network's time is none of a frame's.
        lastAt = performance.now();
      }
      box.scrollTop -= 400;
      await new Promise(requestAnimationFrame);
      const at = performance.now();
      gaps.push(at - lastAt);
      lastAt = at;
      for (const row of box.querySelectorAll("[data-seq]")) seen.add(row.getAttribute("data-seq") ?? "");
    }
    return { frames: gaps, rows: seen.size };
  }, LONG_ROWS);
  console.log(`  ${rows} rows were scrolled past`);
  tell("a frame while it is scrolled", frames);
  await page.goto(`/sessions/ses_long?tab=trace#e${LONG_RUN_EVENTS / 2}`, { waitUntil: "commit" });
  await page.reload({ waitUntil: "commit" });
  const shownMs = await drawnAfter(page, `[data-seq="${LONG_RUN_EVENTS / 2}"]`);
  console.log(`  an event in its middle is shown after ${Math.round(shownMs)} ms`);
  await page.goto("/sessions/ses_long?tab=trace&find=part-7%22", { waitUntil: "commit" });
  await page.getByRole("button", { name: "Search earlier events" }).click();
  const clickedMs = await page.evaluate(() => performance.now());
  console.log(
    `  its first events are found after ${Math.round((await drawnAfter(page, "[data-seq='7']")) - clickedMs)} ms`,
  );
  await context.close();
}

/** Milliseconds of the page's own clock at which it has something. */
async function drawnAfter(page: Page, selector: string): Promise<number> {
  const at = await page.waitForFunction(
    (wanted) => (document.querySelector(wanted) ? performance.now() : null),
    selector,
    { polling: "raf", timeout: 120_000 },
  );
  return (await at.jsonValue()) ?? Number.NaN;
}

/** Some browsers draw here; the others of so many hold their streams alone, as if each had a machine of its own. */
async function livePatches(): Promise<void> {
  console.log(`\na row's change, from its commit to what is drawn, p50 / p99 ms`);
  const oneWindow = await openContext();
  const tabs = await openTabs(TABS, () => Promise.resolve(oneWindow));
  // The tabs looked at last have streams, the others take theirs when they are looked at.
  await tellPatches(`one browser with ${TABS} tabs`, tabs.slice(-STREAMS_MAX));
  await oneWindow.close();
  for (const drawn of [...new Set([Math.min(5, TABS), TABS])]) {
    const streams = Array.from({ length: TABS - drawn }, () => openStream());
    const contexts: BrowserContext[] = [];
    const pages = await openTabs(drawn, async () => {
      const context = await openContext();
      contexts.push(context);
      return context;
    });
    await tellPatches(`${TABS} browsers, ${drawn} of them drawn here`, pages);
    for (const context of contexts) await context.close();
    for (const stream of streams) stream.destroy();
  }
}

async function openTabs(count: number, contextOf: () => Promise<BrowserContext>): Promise<Page[]> {
  const pages: Page[] = [];
  for (let index = 0; index < count; index += 1) {
    const page = await (await contextOf()).newPage();
    await page.goto("/sessions?state=all");
    await usable(page, "Sessions");
    pages.push(page);
  }
  return pages;
}

/** The stream of a page that nobody draws. */
function openStream(): ClientRequest {
  const address = `${web.url}/api/live?sessions=1&runs=1&approvals=1`;
  const stream = get(address, { agent: false, headers: { authorization: `Bearer ${TOKEN}` } }, (answer) => {
    if (answer.statusCode !== 200) throw new Error(`no stream: ${answer.statusCode}`);
    answer.on("error", () => undefined).resume();
  });
  return stream.on("error", () => undefined);
}

async function tellPatches(name: string, pages: Page[]): Promise<void> {
  await pause(2_000);
  const sessionId = `ses_${String(SESSIONS).padStart(8, "0")}`;
  const latencies: number[] = [];
  for (let index = 0; index < LOADS; index += 1) {
    const title = `${name}, number ${index}`;
    const seen = pages.map((page) =>
      page.evaluate(
        (text) =>
          new Promise<number>((resolve) => {
            const root = document.querySelector("main") as Element;
            const look = () => {
              if (!root.textContent?.includes(text)) return;
              observer.disconnect();
              resolve(performance.timeOrigin + performance.now());
            };
            const observer = new MutationObserver(look);
            observer.observe(root, { subtree: true, childList: true, characterData: true });
            look();
          }),
        title,
      ),
    );
    await pause(500);
    await mutate(web.url, "sessions.update", { sessionId, title });
    const storedAt = performance.timeOrigin + performance.now();
    for (const at of await Promise.all(seen)) latencies.push(Math.max(0, at - storedAt));
  }
  tell(name, latencies);
}

async function anHour(): Promise<void> {
  console.log(`\nheap of a tab over ${HOUR_EVENTS} live events, MB after a collection, at each tenth`);
  await mutate(web.url, "sessions.create", { sessionId: "ses_hour", backendProfile: "codex" });
  const run = await makeRun(ctx.database.db, { sessionId: "ses_hour" });
  for (const [name, address] of [
    ["sessions", "/sessions?state=all"],
    ["session", "/sessions/ses_hour"],
  ] as const) {
    const context = await openContext();
    const page = await context.newPage();
    await page.goto(address);
    await page.waitForSelector("html[data-hydrated]");
    const devtools = await context.newCDPSession(page);
    const megabytes: string[] = [];
    for (let tenth = 0; tenth < 10; tenth += 1) {
      for (let sent = 0; sent < HOUR_EVENTS / 10; sent += BATCH) {
        await mutate(web.url, "events.append", {
          runId: run.id,
          events: Array.from({ length: BATCH }, (_, index) => ({
            type: "assistant_message",
            payload: { itemId: `item_${tenth}_${sent + index}`, text: `What it said at ${sent + index}. `.repeat(5) },
          })),
        });
      }
      await pause(1_000);
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      megabytes.push((usedSize / 1024 / 1024).toFixed(1));
    }
    console.log(`  ${name.padEnd(30)} ${megabytes.join(" ")}`);
    await context.close();
  }
}

function tell(name: string, latencies: number[]): void {
  const sorted = latencies.toSorted((left, right) => left - right);
  const worst = sorted.length >= 100 ? quantile(sorted, 0.99) : (sorted.at(-1) ?? Number.NaN);
  console.log(`  ${name.padEnd(30)} ${quantile(sorted, 0.5).toFixed(0)} / ${worst.toFixed(0)}`);
}
