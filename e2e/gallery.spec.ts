import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIRequestContext, Page } from "@playwright/test";
import type { Run } from "@/contract/run";
import { expect, LOOKS, look, optionsOf, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { type Api, apiOf } from "./queue-stories";
import { conversation, newSession, say, sessionOf } from "./stories";

/** Work of a team, as the demo's agent can do it: its title, its project, and what it is told. */
const SESSIONS: [title: string, projectId: string, message: string][] = [
  ["Move the billing jobs to the new queue", "billing", "Please write a small program for me"],
  ["Find out why the nightly import is slow", "imports", "RUN `seq 1 400` RUN `du -sh .`"],
  ["Upgrade the web shop to Node 24", "web-shop", "Please write a file"],
  ["Write the release notes of 4.2", "web-shop", "RUN `git --version` then tell me"],
  ["Remove what nobody calls in the API", "api", "Please write a file"],
  ["Mend the flaky tests of the mailer", "mailer", "RUN `false`"],
];
const TASKS: [title: string, lane: string, priority: number, text: string][] = [
  ["Review the open pull requests", "review", 50, "RUN `sleep 36031`"],
  ["Bump the base image of every service", "chores", 10, "RUN `echo done`"],
  ["Reproduce the crash of ticket 4711", "fast", 90, "RUN `sleep 36032`"],
  ["Translate the onboarding mails", "chores", 20, "RUN `echo done`"],
  ["Check the licences of new packages", "chores", 30, "RUN `echo done`"],
  ["Profile the search page", "review", 40, "RUN `echo done`"],
];

test("a picture of every page, of a product that has work to do", async ({ browser }) => {
  await using product = await Product.start();
  const context = await browser.newContext({ baseURL: product.url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await signIn(page, product);
  const api = apiOf(page.request, product.url);
  await using listener = await startListener();
  const webhookId = await tell(api, listener.url);
  for (const [title, projectId, message] of SESSIONS) await talk(api, page.request, title, projectId, message);
  for (const lane of ["review", "fast"]) await api.post("/queue/controls", { queue: "default", lane, maxRunning: 1 });
  for (const [title, lane, priority, text] of TASKS) await api.add({ title, lane, priority, payload: { text } });
  const pipeline = await chain(api);
  const scheduleId = await plan(api);
  const budgetId = await bound(api);
  const session = await converse(page);
  const [run] = ((await api.get(`/runs?sessionId=${sessionOf(page)}&limit=1`)) as { items: Run[] }).items;
  const { items: tasks } = (await api.get("/queue/tasks?state=pending")) as { items: { id: string }[] };
  const [task] = tasks;
  const { items: runners } = (await api.get("/runners?state=living")) as { items: { id: string }[] };
  const { items: sessions } = (await api.get("/sessions?state=all")) as { items: { sessionId: string }[] };
  const other = sessions.find(({ sessionId }) => sessionId !== sessionOf(page))?.sessionId;
  const bulkId = await raiseAll(
    api,
    tasks.map(({ id }) => id),
  );

  const storageState = await context.storageState();
  const pages: [name: string, address: string, act?: (page: Page) => Promise<void>][] = [
    ["overview", "/"],
    ["sessions", "/sessions?state=all"],
    ["sessions-peek", "/sessions?state=all", peek],
    ["session", session],
    ["session-trace", `${session}?tab=trace`],
    ["session-timeline", `${session}?tab=timeline`],
    ["session-changes", `${session}?tab=changes`],
    ["session-files", `${session}?tab=files`],
    ["session-file", `${session}?tab=files&file=hello.py`],
    ["session-runs", `${session}?tab=runs`],
    ["session-storage", `${session}?tab=storage`],
    ["session-audit", `${session}?tab=audit`],
    ["compare", `/compare?left=${sessionOf(page)}&right=${other}`],
    ["queue", "/queue?state=all"],
    ["queue-peek", "/queue?state=all", peek],
    ["board", "/queue?state=all&as=board"],
    ["board-lanes", "/queue?state=all&as=board&by=lane"],
    ["lanes", "/queue?view=lanes", lanesAreThere],
    ["charts", "/queue?view=charts"],
    ["task", `/queue/${task?.id}`],
    ["task-graph", `/queue/${pipeline}/graph`],
    ["schedules", "/schedules"],
    ["schedule", `/schedules/${scheduleId}`],
    ["approvals", "/approvals"],
    ["runs", "/runs"],
    ["runs-peek", "/runs", peek],
    ["run", `/runs/${run?.id}`],
    ["run-events", `/runs/${run?.id}?tab=events`],
    ["run-job", `/runs/${run?.id}?tab=job`],
    ["run-log", `/runs/${run?.id}?tab=log`],
    ["runners", "/runners"],
    ["runners-peek", "/runners", peek],
    ["runner", `/runners/${runners[0]?.id}`],
    ["backends", "/backends"],
    ["budgets", "/budgets"],
    ["budget", `/budgets/${budgetId}`],
    ["usage", "/usage"],
    ["storage", "/storage"],
    ["clean-up", "/storage?view=clean-up"],
    ["orphans", "/storage?view=orphans"],
    ["audit", "/audit"],
    ["bulk-list", "/bulk"],
    ["bulk", `/bulk/${bulkId}`],
    ["status", "/status"],
    ["settings", "/settings"],
    ["webhooks", "/settings/webhooks"],
    ["webhook", `/settings/webhooks/${webhookId}`],
    ["docs", "/docs"],
    ["document", "/docs/queue"],
  ];
  for (const shownIn of LOOKS) {
    const looking = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(shownIn) });
    const shown = await looking.newPage();
    for (const [name, address, act] of pages) {
      await shown.goto(address);
      await ready(shown);
      await expect(shown.locator("[aria-busy=true]")).toHaveCount(0);
      await act?.(shown);
      await look(shown, `${name}-${shownIn.name}`);
    }
    await shown.context().clearCookies();
    await shown.goto("/sign-in");
    await ready(shown);
    await look(shown, `sign-in-${shownIn.name}`);
    await looking.close();
  }
  await context.close();
});

/** Tasks that come after one another, up to a release; answers the last one's id. */
async function chain(api: Api): Promise<string> {
  const add = (title: string, text: string, after: string[] = []) =>
    api.add({ title, lane: "release", payload: { text }, dependsOn: after.map((taskId) => ({ taskId })) });
  const build = await add("Build 4.2", "RUN `echo done`");
  const tests = [];
  for (const part of ["the shop", "billing", "the mailer"])
    tests.push(await add(`Test ${part}`, part === "billing" ? "Please fail" : "RUN `echo done`", [build]));
  const notes = await add("Write what is new in 4.2", "RUN `sleep 36033`", [build]);
  const release = await add("Release 4.2", "RUN `echo done`", [...tests, notes]);
  return add("Announce 4.2", "RUN `echo done`", [release]);
}

/** The lanes are loaded with their tab. */
const lanesAreThere = (page: Page) =>
  expect(page.getByRole("table", { name: "Queues and lanes" }).locator("[data-row]").first()).toBeVisible();

/** A row's own page; what else has rows leads to other lists. */
const ROW_LINK = "a[href^='/sessions/'], a[href^='/runs/'], a[href^='/runners/'], a[href^='/queue/']";

/** Opens the panel at the first row of a list. */
async function peek(page: Page): Promise<void> {
  await page.locator("main [data-row]").locator(ROW_LINK).first().focus();
  await page.keyboard.press("Space");
  const panel = page.getByRole("complementary", { name: /^Preview of/ });
  await expect(panel).toBeVisible();
  await expect(panel.locator("[aria-busy=true]")).toHaveCount(0);
}

/** A program that takes whatever it is told. */
async function startListener() {
  const server = createServer((_, response) => response.writeHead(204).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/agentrun`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Has it be told of what agents ask for and how tasks end. */
async function tell(api: Api, url: string): Promise<string> {
  const events = ["task.completed", "task.failed", "task.cancelled", "task.parked", "approval.requested"];
  const { id } = (await api.post("/webhooks", { name: "Team chat", url, events })) as { id: string };
  await api.post(`/webhooks/${id}/test`);
  return id;
}

/** Plans of work, one of which has begun. */
async function plan(api: Api): Promise<string> {
  const make = (name: string, cron: string, text: string) =>
    api.post("/schedules", {
      ...{ name, cron, timeZone: "Europe/Berlin" },
      task: { title: name, backendProfile: "demo", payload: { text }, lane: "review" },
    });
  await make("Weekly review of dependencies", "30 7 * * MON", "List what has a newer version");
  await make("Nightly tidying up", "0 2 * * *", "Remove what nobody uses");
  const { id } = (await make("Morning report", "0 9 * * MON-FRI", "Say what has changed since yesterday")) as {
    id: string;
  };
  await api.post(`/schedules/${id}/trigger`);
  return id;
}

/** Bounds what its agents take: a part of one is spent, one is near its limit, and none holds them. */
async function bound(api: Api): Promise<string> {
  const make = async (name: string, more: object) =>
    ((await api.post("/budgets", { name, unit: "tokens", ...more })) as { id: string }).id;
  await make("What a session may take", { period: "session", limit: 500_000 });
  await make("Web shop each day", { period: "day", limit: 45_000, projectId: "web-shop", action: "tell" });
  return make("All agents each month", { period: "month", limit: 500_000, action: "tell" });
}

/** Gives tasks another priority, many at once, and waits until all are dealt with. */
async function raiseAll(api: Api, ids: string[]): Promise<string> {
  const asked = { kind: "task", action: "reprioritise", priority: 60, ids, reason: "for the release" };
  const { id } = (await api.post("/bulk", asked)) as { id: string };
  const ended = async () => ((await api.get(`/bulk/${id}`)) as { endedAt: string | null }).endedAt;
  await expect.poll(ended).not.toBeNull();
  return id;
}

/** A session that was told something and has done it. */
async function talk(
  api: Api,
  request: APIRequestContext,
  title: string,
  projectId: string,
  text: string,
): Promise<void> {
  const { sessionId } = (await api.post("/sessions", { backendProfile: "demo", title, projectId })) as {
    sessionId: string;
  };
  const run = (await api.post("/runs", { backendProfile: "demo", projectId, sessionRef: { sessionId } })) as Run;
  const command = (await api.post(`/runs/${run.id}/commands`, { type: "turn", payload: { text } })) as { id: string };
  const isOver = async () => {
    const answer = await request.get(`/api/v1/commands/${command.id}`);
    return ["completed", "failed", "cancelled"].includes(((await answer.json()) as { state: string }).state);
  };
  await expect.poll(isOver, { timeout: 60_000, message: title }).toBe(true);
}

/** A conversation with a bit of everything, whose agent asks for something at its end. */
async function converse(page: Page): Promise<string> {
  await newSession(page, { profile: "demo", message: "Please write a small program for me" });
  await expect(conversation(page)).toContainText("was written and then improved", { timeout: 90_000 });
  await say(page, "And ask me for approval of something");
  await expect(page.getByRole("button", { name: "Accept", exact: true })).toBeVisible({ timeout: 60_000 });
  return new URL(page.url()).pathname;
}
