import type { Browser, BrowserContext, Page, Route } from "@playwright/test";
import pg from "pg";
import { loadConsole, OLDEST } from "@/db/test/load-console";
import { loadTasks } from "@/db/test/load-tasks";
import { startTestServer, type TestServer } from "@/db/test/server";
import {
  byDevice,
  expect,
  LOOKS,
  look,
  lookInAll,
  optionsOf,
  ready,
  type SignedIn,
  startSignedIn,
  test,
} from "./fixtures";
import type { Product } from "./product";
import { apiOf, openPage } from "./queue-stories";
import { conversation, endRuns, newSession, sessionOf, showNew } from "./stories";

// One product for the four, on a database that a story can stop; each leaves it as the next expects it.
const ROWS = 10_000;
const LONG_EVENTS = 100_000;
let server: TestServer;
let product: Product;
let databaseUrl: string;
let storageState: SignedIn["storageState"];

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  server = await startTestServer();
  await withDatabase(server.url, (client) => client.query("create database states"));
  const url = new URL(server.url);
  url.pathname = "/states";
  databaseUrl = url.href;
  ({ product, storageState } = await startSignedIn(browser, { DATABASE_URL: databaseUrl }));
});

test.afterAll(async () => {
  await product?.[Symbol.asyncDispose]();
  await server?.stop();
});

async function withDatabase(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function openContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ baseURL: product.url, storageState });
}

/** What each page says while nothing has happened yet. */
const EMPTY: Record<string, RegExp> = {
  "/": /Nothing needs you|first/i,
  "/sessions": /No sessions yet/,
  "/queue": /No waiting tasks/,
  "/schedules": /No schedules yet/,
  "/approvals": /No approvals waiting/,
  "/runs": /No runs yet/,
  "/runners": /No live runners/,
  "/backends": /demo/,
  "/budgets": /No budgets yet/,
  "/usage": /No usage in this period/,
  "/storage": /No volumes yet/,
  "/audit": /Audit/,
  "/status": /answers|ready|ok/i,
  "/settings": /Tokens/,
  "/settings/webhooks": /No webhooks yet/,
};

test("a page without anything to show says what would be there and how to get it", async ({ browser, watchPage }) => {
  test.setTimeout(240_000);
  for (const looks of byDevice(LOOKS)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    for (const [address, words] of Object.entries(EMPTY)) {
      await openPage(page, address);
      await expect(page.getByRole("main").getByText(words).first(), address).toBeVisible();
      await lookInAll(page, looks, `empty${address.replaceAll("/", "-")}`);
    }
    await context.close();
  }
});

const LISTS: [address: string, table: string][] = [
  ["/sessions?state=all", "Sessions"],
  ["/runs", "Runs"],
  ["/storage", "Volumes"],
  ["/audit", "Audit"],
  ["/runners", "Runners"],
];

test("lists of 10,000 rows show their newest at once, and reach their oldest", async ({ browser, watchPage }) => {
  test.setTimeout(240_000);
  await withDatabase(databaseUrl, async (client) => {
    await loadConsole(client, {
      ...{ sessions: ROWS, eventsPerRun: 1, longRunEvents: LONG_EVENTS, approvals: ROWS, audit: ROWS, runners: ROWS },
    });
    await loadTasks(client, ROWS, ["completed", "failed", "cancelled"]);
  });
  const context = await openContext(browser);
  const page = await context.newPage();
  watchPage(page);
  for (const [address, name] of LISTS) {
    await test.step(address, async () => {
      await openPage(page, address);
      const rows = page.getByRole("table", { name }).locator("tbody").getByRole("row");
      await expect(rows.first()).toBeVisible();
      // At once: what the page missed before its stream lived is read again meanwhile.
      const shown = await rows.count();
      expect(shown).toBeLessThan(500);
      // The next page comes as its end is reached or asked for, after the rows that were there.
      const first = await rows.first().getAttribute("data-row");
      const more = page.getByRole("button", { name: /more/i }).last();
      await more.scrollIntoViewIfNeeded();
      await more.click();
      await expect.poll(() => rows.count()).toBeGreaterThan(shown);
      expect(await rows.first().getAttribute("data-row")).toBe(first);
      await look(page, `many-${name}`);
    });
  }
  await test.step("tasks come as the page is scrolled, and approvals from the one that waits longest", async () => {
    await openPage(page, "/queue?state=all");
    await expect(page.getByRole("table", { name: "Tasks" }).locator("tbody").getByRole("row").first()).toBeVisible();
    await page.keyboard.press("End");
    await look(page, "many-Tasks");
    await openPage(page, "/approvals?status=pending");
    await expect(page.getByText(/^rm -rf build\/\d+$/).first()).toBeVisible();
    await look(page, "many-Approvals");
  });
  await test.step("a search finds the oldest", async () => {
    await openPage(page, `/sessions?state=all&search=${OLDEST.sessionId}`);
    await expect(page.getByRole("link", { name: OLDEST.title, exact: true }).first()).toBeVisible();
    await openPage(page, `/runs?search=${OLDEST.runId}`);
    await expect(page.getByRole("table", { name: "Runs" })).toContainText(OLDEST.title);
  });
  await test.step("a run of 100,000 events is searched whole, read around any of them, and followed", () =>
    readLongRun(page));
  await context.close();
});

/** A log as long as a week's: its newest events alone are loaded, and all of them are to be had. */
async function readLongRun(page: Page): Promise<void> {
  const events = page.getByRole("group", { name: "Events" });
  const row = (seq: number) => events.locator(`[data-seq="${seq}"]`);
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("events.list")) asked += 1;
  });
  await withDatabase(databaseUrl, (client) =>
    client.query(`update agentrun_events set payload = payload || '{"exitCode": 2}' where id = 'evt_long_60000'`),
  );
  await openPage(page, "/sessions/ses_long?tab=trace");
  await expect(page.getByText("1,000 events", { exact: true })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search events" }).fill("line 7 of A LONG");
  await expect(page.getByText("Searched 1,000 of 100,000 events", { exact: true })).toBeVisible();
  await expect(page.getByText("Searched 1,000 of 100,000 events.")).toBeVisible();
  await page.getByRole("button", { name: "Search earlier events" }).click();
  await expect(row(7)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("Searched 100,000 of 100,000")).toBeVisible();
  await expect(page.getByText("1 of 100,000 events")).toBeVisible();
  await row(7).getByRole("button").first().click();
  await expect(row(7).locator("pre")).toContainText('"command": "make part-7"');
  await lookInAll(page, LOOKS, "long-run-found");
  await page.getByRole("button", { name: "Show surrounding events" }).click();
  await expect(page.getByText("Events 1 to 500 of 100,000")).toBeVisible();
  await expect(row(7)).toBeInViewport();

  const before = asked;
  await openPage(page, "/sessions/ses_long?tab=trace#e50000");
  await page.reload();
  await expect(page.getByText("Events 49,750 to 50,249 of 100,000")).toBeVisible();
  await expect(row(50_000)).toBeInViewport();
  // The newest, and what is around it; twice, by the address and the reload. What lies between is not read.
  expect(asked - before).toBeLessThanOrEqual(8);
  await events.hover();
  await page.mouse.wheel(0, -50_000);
  await expect(row(49_750)).toBeInViewport();
  await page.getByRole("button", { name: /^Load earlier/ }).click();
  await expect(page.getByText("Events 49,250 to 50,249 of 100,000")).toBeVisible();
  await events.hover();
  await page.mouse.wheel(0, -50_000);
  await expect(row(49_250)).toBeInViewport();
  await look(page, "long-run-window");

  await page.keyboard.press("]");
  await expect(page).toHaveURL(/#e60000$/, { timeout: 30_000 });
  await expect(page.locator(":focus")).toContainText("exit 2");
  await page.keyboard.press("]");
  await expect(page.getByText("No later failure")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Newest", exact: true }).click();
  await expect(row(LONG_EVENTS)).toBeInViewport();
  await withDatabase(databaseUrl, (client) =>
    client.query("update agentrun_runs set status = 'pending', terminal_status = null where id = 'run_long'"),
  );
  const api = apiOf(page.request, product.url);
  await api.post("/runs/run_long/claim", { runnerId: "runner_long", leaseMs: 3_600_000 });
  await api.post("/runs/run_long/events", { events: [{ type: "warning", payload: { message: "The very newest" } }] });
  await expect(events.getByText("The very newest")).toBeInViewport({ timeout: 30_000 });
  await api.post("/runs/run_long/finish", { terminalStatus: "completed" });
}

/** Each page; of records those that the lists of many rows have. */
const everyPage = (session: string): string[] => [
  ...["/", "/sessions", session, `${session}?tab=trace`, "/compare?left=ses_long&right=ses_00000001", "/queue"],
  ...[
    "/queue?view=lanes",
    "/queue?view=charts",
    "/queue?as=board",
    `/queue/qt_${"1".padStart(30, "0")}`,
    "/approvals",
    "/runs",
    "/runs/run_long",
    "/runners",
  ],
  ...["/runners/rnr_00000001", "/backends", "/storage", "/storage?view=clean-up", "/storage?view=orphans", "/audit"],
  ...["/bulk", "/bulk/blk_gone", "/settings", "/docs", "/docs/queue", "/r/evt_x"],
];

/** Opens a page each, some at a time: what they wait for is the server's to wait for. */
async function openTogether<Opened>(
  addresses: string[],
  open: (address: string) => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (let from = 0; from < addresses.length; from += 4)
    opened.push(...(await Promise.all(addresses.slice(from, from + 4).map(open))));
  return opened;
}

test("while its database is stopped every page says so, keeps what it had, and comes back by itself", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const context = await openContext(browser);
  const expectedErrors = /Failed to load resource|React error #441/;
  const open = async (address: string): Promise<Page> => {
    const page = await context.newPage();
    watchPage(page, { expectedErrors });
    await openPage(page, address);
    return page;
  };
  const session = await open("/sessions");
  await newSession(session, { profile: "demo", message: "hello" });
  const said = conversation(session).getByText("hello", { exact: true }).first();
  await expect(said).toBeVisible();
  const list = await open("/sessions?state=all");
  const rows = list.getByRole("table", { name: "Sessions" }).locator("tbody").getByRole("row");
  await expect(rows.first()).toBeVisible();
  const leaving = await context.newPage();
  watchPage(leaving, { expectedErrors: /Failed to load resource/ });
  await openPage(leaving, "/runs");
  // Gone with the document: nobody reloads it.
  await leaving.evaluate(() => Object.assign(window, { __isStillThere: true }));
  await server.pause();
  await leaving.getByRole("link", { name: "Backends", exact: true }).click();

  await test.step("what was there stays, with a word on how old it is", async () => {
    for (const page of [list, session]) {
      await expect(page.getByText(/Last updated at/)).toBeVisible({ timeout: 60_000 });
    }
    await expect(rows.first()).toBeVisible();
    await expect(said).toBeVisible();
    await look(list, "database-stopped-list");
    await expect(leaving.getByText(/The page you asked for opens as soon as it's back/)).toBeVisible({
      timeout: 60_000,
    });
    await expect(leaving.getByRole("heading", { level: 1, name: "Runs" })).toBeVisible();
    await look(leaving, "database-stopped-leaving");
  });

  const sessionPage = new URL(session.url()).pathname;
  await test.step("every page that is opened now says what is away, and comes back by itself", async () => {
    // Of another browser: of one's tabs those that were looked at last alone are live.
    const another = await openContext(browser);
    const tabs = await openTogether(everyPage(sessionPage), async (address) => {
      const page = await another.newPage();
      watchPage(page, { expectedErrors });
      await page.goto(address);
      await ready(page);
      await expect(page.getByText("Can't reach the database"), address).toBeVisible({
        timeout: 40_000,
      });
      return { address, page };
    });
    const [page] = tabs.map((tab) => tab.page);
    if (page === undefined) throw new Error("no page was opened");
    await look(page, "database-stopped");
    await page.getByRole("link", { name: "Status" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Status" })).toBeVisible({ timeout: 40_000 });
    const parts = page.getByRole("main");
    await expect(parts.getByText("unreachable"), "the status page says which part").toBeVisible();
    await expect(parts.getByText(/The worker, background jobs, runners and backends appear here/)).toBeVisible();
    await look(page, "database-stopped-status");
    await server.resume();
    for (const { address, page } of tabs) {
      await expect(page.getByText("Can't reach the database"), address).toHaveCount(0, { timeout: 60_000 });
      await expect(page.getByRole("heading", { level: 1 }).first(), address).toBeVisible({ timeout: 60_000 });
      await page.close();
    }
    await another.close();
  });

  await test.step("open pages come back to life without being touched, with what happened meanwhile", async () => {
    for (const page of [list, session]) {
      await expect(page.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached({ timeout: 60_000 });
      await expect(page.getByText(/Last updated at/)).toHaveCount(0);
    }
    await expect(leaving.getByRole("heading", { level: 1, name: "Backends" })).toBeVisible({ timeout: 60_000 });
    expect(await leaving.evaluate(() => "__isStillThere" in window)).toBe(true);
    await leaving.close();
    await apiOf(list.request, product.url).post("/sessions", { backendProfile: "demo", title: "Made after it" });
    await showNew(list.getByRole("button", { name: /new session/ }), rows.filter({ hasText: "Made after it" }));
  });

  await test.step("a message whose answer was lost goes once, though its run is over when it is sent again", async () => {
    const lost = async (route: Route) => {
      await route.fetch();
      await route.abort();
    };
    const message = session.getByLabel("Message");
    const sendUnheard = async (text: string) => {
      await session.route(/commands\.create/, lost, { times: 1 });
      await message.fill(text);
      await session.getByRole("button", { name: "Send", exact: true }).click();
      await expect(session.getByText("Can't reach the server.").last()).toBeVisible();
    };
    await sendUnheard("once more");
    await endRuns(session);
    await session.getByRole("button", { name: "Send", exact: true }).click();
    await expect(message).toHaveValue("");
    expect(await timesAsked(session, "once more")).toBe(1);
    await endRuns(session);
    await sendUnheard("Do something long, please");
    await session.getByRole("button", { name: "Steer", exact: true }).click();
    await expect(message, "it is taken for what it is").toHaveValue("");
    expect(await timesAsked(session, "Do something long, please")).toBe(1);
  });
  await context.close();
});

/** How many commands of a session's runs have a text. */
async function timesAsked(session: Page, text: string): Promise<number> {
  const api = apiOf(session.request, product.url);
  const { items: runs } = (await api.get(`/runs?sessionId=${sessionOf(session)}`)) as { items: { id: string }[] };
  type Commands = { items: { payload: { text?: string } }[] };
  const commands = await Promise.all(runs.map(async ({ id }) => (await api.get(`/runs/${id}/commands`)) as Commands));
  return commands.flatMap(({ items }) => items).filter(({ payload }) => payload.text === text).length;
}
