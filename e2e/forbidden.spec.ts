import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { expect, look, productOfFile, test } from "./fixtures";
import { type Api, apiOf, openPage } from "./queue-stories";

/** Of the first tenant's; nobody of another may read it anywhere. */
const TITLE = "Heron's own work";
const TASK = "Heron's task";
const SCHEDULE = "Heron's rounds";
const BUDGET = "Heron's money";
const SESSION = "ses_of_heron";
const RUNNER = "runner_of_heron";
const FAILED = "ses_failed";

/** Its runs are this file's own, and no clean-up takes what a page is to show. */
const ENV = { AGENTRUN_EXECUTOR: "none", AGENTRUN_SESSION_GC_INTERVAL_MS: "86400000" };

type Seeded = {
  runId: string;
  failedId: string;
  taskId: string;
  approvalId: string;
  bulkId: string;
  webhookId: string;
  scheduleId: string;
  budgetId: string;
};
const signedIn = productOfFile(ENV);
let admin: BrowserContext;
let seeded: Seeded;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  const { product, storageState } = signedIn;
  mkdirSync(path.join(product.dataDir, "volumes", `agentrun-${"0".repeat(32)}`));
  admin = await browser.newContext({ baseURL: product.url, storageState });
  seeded = await seed(apiOf(admin.request, product.url));
});

/** Something of everything that somebody could act on: a run at work that asks, one that failed, a task that waits. */
async function seed(api: Api): Promise<Seeded> {
  const newRun = async (sessionId: string): Promise<string> => {
    await api.post("/sessions", { sessionId, backendProfile: "demo", title: TITLE, expiresAt: "2100-01-01T00:00:00Z" });
    return api.run(sessionId);
  };
  await api.post("/queue/controls/pause", { queue: "default", reason: "for a while" });
  const taskId = await api.add({ title: TASK, lane: "build" });
  const failedId = await newRun(FAILED);
  await api.post(`/runs/${failedId}/finish`, { terminalStatus: "failed", failureKind: "timeout" });
  const runId = await newRun(SESSION);
  await api.post(`/runs/${runId}/commands`, { type: "turn", payload: { text: TITLE } });
  await api.post(`/runs/${runId}/claim`, { runnerId: RUNNER, leaseMs: 3_600_000 });
  const asked = { requestKey: "k", kind: "command", command: TITLE, cwd: "/", leaseEpoch: 1 };
  const { id: approvalId } = (await api.post(`/runs/${runId}/approvals`, asked)) as { id: string };
  const refused = { tenantId: "default", kind: "run", action: "retry", ids: [runId] };
  const { id: bulkId } = (await api.post("/bulk", refused)) as { id: string };
  const ended = async () => ((await api.get(`/bulk/${bulkId}`)) as { endedAt: string | null }).endedAt;
  await expect.poll(ended).not.toBeNull();
  const hook = { name: "chat", url: "https://chat.example/hook", events: ["task.parked"] };
  const { id: webhookId } = (await api.post("/webhooks", hook)) as { id: string };
  const task = { title: TASK, backendProfile: "demo", payload: {} };
  const plan = { name: SCHEDULE, cron: "0 9 1 1 *", isPaused: true, task };
  const { id: scheduleId } = (await api.post("/schedules", plan)) as { id: string };
  const { id: budgetId } = (await api.post("/budgets", { name: BUDGET, ...MONTHLY })) as { id: string };
  return { runId, failedId, taskId, approvalId, bulkId, webhookId, scheduleId, budgetId };
}

const MONTHLY = { tenantId: "default", period: "month", unit: "USD", limit: 5 };

/** Each page, what can be done on it, and what it says to somebody who may not. */
type Shown = { address: string; acts: (string | RegExp)[]; says?: string };

const pagesOf = ({ runId, failedId, taskId, bulkId, webhookId, scheduleId, budgetId }: Seeded): Shown[] => [
  { address: "/", acts: ["New session", "Accept", "Decline", "More answers", /^Resume /], says: ANSWERING },
  { address: "/sessions?state=all", acts: ["New session"] },
  {
    address: `/sessions/${SESSION}`,
    acts: ["Session actions", "Interrupt", "Accept"],
    says: "You can read this session. Sending messages needs the operator role.",
  },
  { address: `/sessions/${FAILED}?tab=storage`, acts: ["Pin", "Extend expiry…", "Evict volume…"] },
  {
    address: "/queue?state=all",
    acts: ["Add task", "Resume default", `Raise ${TASK}`],
  },
  {
    address: "/queue?view=lanes",
    acts: ["Resume default", /, change$/, "Pause default / build", "Actions on default"],
  },
  { address: `/queue/${taskId}`, acts: ["Edit…", "Cancel…"] },
  { address: "/approvals", acts: ["Accept", "Decline", "Reason for the answer"], says: ANSWERING },
  { address: "/runs", acts: [/^Select /] },
  { address: `/runs/${runId}`, acts: ["Cancel"] },
  { address: `/runs/${failedId}`, acts: ["Run again…"] },
  { address: "/runners", acts: [] },
  { address: `/runners/${RUNNER}`, acts: ["Drain…", "Revoke token…"] },
  { address: "/backends", acts: ["Test now", "Switch off…"] },
  { address: "/storage", acts: [/^Actions on /] },
  { address: "/storage?view=clean-up", acts: ["Dry run"] },
  { address: "/storage?view=orphans", acts: ["Adopt…", "Delete…"], says: "Administrators only" },
  { address: "/schedules", acts: ["New schedule"] },
  { address: `/schedules/${scheduleId}`, acts: ["Run now", "Edit…", "Resume"] },
  { address: "/budgets", acts: ["New budget"] },
  { address: `/budgets/${budgetId}`, acts: ["Raise…", "Edit…"] },
  { address: `/bulk/${bulkId}`, acts: ["Retry rejected"] },
  { address: "/audit", acts: [] },
  { address: "/status", acts: [] },
  { address: "/settings", acts: ["New token", /^Revoke /, "Manage webhooks"], says: "needs the role admin" },
  { address: "/settings/webhooks", acts: ["New webhook"], says: "needs the role admin" },
  { address: `/settings/webhooks/${webhookId}`, acts: ["Send test", "Edit…"], says: "needs the role admin" },
];
const ANSWERING = "Answering needs the operator role.";
/** What a reader may do all the same: mark sessions as read, compare them, and look for what can be copied. */
const READERS = [
  `Select ${TITLE}`,
  "Bulk actions",
  /^Actions on run/,
  /^Actions on session /,
  `Actions on ${TASK}`,
  `Actions on schedule ${SCHEDULE}`,
  `Actions on budget ${BUDGET}`,
  "Session actions",
];

/** Names of what can be pressed or filled in on a page. */
const offersOf = (page: Page): Promise<string[]> =>
  page
    .getByRole("main")
    .locator("button:enabled, a[href], input:enabled, textarea:enabled, [role=menuitem]")
    .evaluateAll((found) => found.map((each) => (each.getAttribute("aria-label") ?? each.textContent ?? "").trim()));

const isNamed = (names: readonly (string | RegExp)[]) => (offer: string) =>
  names.some((name) => (typeof name === "string" ? name === offer : name.test(offer)));

async function openShown(page: Page, address: string): Promise<void> {
  await openPage(page, address);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

/** Signs somebody in by a token of their own, as a person does who was given one. */
async function signInAs(browser: Browser, token: { name: string; role: string; tenantId: string }) {
  const { url } = signedIn.product;
  const made = (await apiOf(admin.request, url).post("/tokens", token)) as { token: string };
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  await openPage(page, "/sign-in");
  await page.getByLabel("Admin or API token").fill(made.token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  return { context, page, ask: askerOf(context) };
}

/** Calls the API as somebody does who leaves the pages out. */
function askerOf(context: BrowserContext) {
  const { url } = signedIn.product;
  return async (method: string, address: string, data?: object) => {
    const answer = await context.request.fetch(address, { method, data, headers: { origin: url } });
    return { status: answer.status(), reason: (await answer.json()).error?.reason as string | undefined };
  };
}

test("who may only look is offered nothing else, is told which role it needs, and is refused", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const pages = pagesOf(seeded);
  const acting = pages.flatMap(({ acts }) => acts);

  await test.step("what is looked for is there for who may do it", async () => {
    const page = await admin.newPage();
    for (const { address, acts } of pages) {
      if (acts.length === 0) continue;
      await openShown(page, address);
      for (const act of acts)
        await expect.poll(async () => (await offersOf(page)).some(isNamed([act])), `${act} on ${address}`).toBe(true);
    }
    await page.close();
  });

  const viewer = await signInAs(browser, { name: "viewer", role: "viewer", tenantId: "default" });
  const { page } = viewer;
  watchPage(page);
  for (const { address, says } of pages) {
    await test.step(address, async () => {
      await openShown(page, address);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      if (says !== undefined) await expect(page.getByText(says).first()).toBeVisible();
      const offers = await offersOf(page);
      const wrong = offers.filter(isNamed(acting)).filter((offer) => !isNamed(READERS)(offer));
      expect(wrong, `offered on ${address}`).toEqual([]);
      await look(page, `viewer${address.replaceAll(/\W+/g, "-")}`);
    });
  }

  await test.step("keys and addresses of actions lead nowhere, and menus hold what a reader may do", async () => {
    await openShown(page, "/queue?state=all");
    await page.keyboard.press("n");
    await page.keyboard.press("j");
    await page.keyboard.press("c");
    await expect(page).toHaveURL(/\/queue\?state=all$/);
    await openShown(page, "/sessions?new=true");
    await openShown(page, "/queue?new=true");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    for (const address of ["/runs", "/runners", "/schedules", "/budgets", `/sessions/${SESSION}`]) {
      await openShown(page, address);
      await page
        .getByRole("button", { name: /^Actions on|^Session actions$/ })
        .first()
        .click();
      await expect(page.getByRole("menuitem").first()).toBeVisible();
      const items = await page.getByRole("menuitem").allTextContents();
      expect(
        items.filter((item) =>
          /Cancel|Retry|again|Drain|Revoke|Kill|Rename|Delete|Add|Pause|Resume|Change|Raise|Edit/.test(item),
        ),
      ).toEqual([]);
      await page.keyboard.press("Escape");
    }
  });

  await test.step("a call that changes anything is refused, whichever it is", async () => {
    const { paths } = (await (await page.request.get("/api/openapi.json")).json()) as Documented;
    const refused: string[] = [];
    for (const [address, operations] of Object.entries(paths))
      for (const [method, { operationId }] of Object.entries(operations)) {
        // Everybody has views, marks, tokens and terminals of their own.
        if (
          method === "get" ||
          /^(views|bulk)\.|[mM]ark\w*Read$|OwnToken$|DeviceSignIn$|createSignInLink$/.test(operationId)
        )
          continue;
        const answer = await viewer.ask(method, address.replaceAll(/\{\w+\}/g, SESSION), {});
        expect(answer, operationId).toEqual({ status: 403, reason: "forbidden" });
        refused.push(operationId);
      }
    expect(refused.length).toBeGreaterThan(40);
    const bulk = { kind: "run", action: "cancel", ids: [seeded.runId] };
    expect(await viewer.ask("POST", "/api/v1/bulk", bulk)).toEqual({ status: 403, reason: "forbidden" });
    const { items } = (await (await page.request.get("/api/v1/approvals")).json()) as { items: { status: string }[] };
    expect(items.map(({ status }) => status)).toEqual(["pending"]);
  });
  await viewer.context.close();
});

type Documented = { paths: Record<string, Record<string, { operationId: string }>> };

test("who is of another tenant finds nothing, and cannot tell whether it is there", async ({ browser, watchPage }) => {
  test.setTimeout(180_000);
  const { runId, failedId, taskId, approvalId, scheduleId, budgetId } = seeded;
  const stranger = await signInAs(browser, { name: "stranger", role: "operator", tenantId: "elsewhere" });
  const { page, ask } = stranger;
  watchPage(page, { expectedErrors: /status of 404/ });
  const expectNothing = async (address: string, says: string | RegExp) => {
    await openShown(page, address);
    await expect(page.getByRole("heading", { level: 1 }), address).toBeVisible();
    await expect(page.getByText(says).first(), address).toBeVisible();
    for (const name of [TITLE, TASK, SCHEDULE, BUDGET]) expect(await page.content(), address).not.toContain(name);
    await look(page, `stranger${address.replaceAll(/\W+/g, "-")}`);
  };

  await test.step("lists are empty", async () => {
    for (const [address, says] of [
      ["/", "First steps"],
      ["/sessions", "No sessions yet"],
      ["/queue", "No waiting tasks"],
      ["/schedules", "No schedules yet"],
      ["/budgets", "No budgets yet"],
      ["/approvals", "No approvals waiting"],
      ["/runs", "No runs yet"],
      ["/runners", "No live runners"],
      ["/storage", "No volumes yet"],
      ["/storage?view=orphans", "Administrators only"],
      ["/audit", "stranger"],
      ["/settings", "needs the role admin"],
      ["/settings/webhooks", "needs the role admin"],
    ] as const)
      await expectNothing(address, says);
  });

  await test.step("what stands for all tenants is shown, and is not theirs to change", async () => {
    await openShown(page, "/queue");
    await expect(page.getByText("Queue default is paused: for a while")).toBeVisible();
    await expect(page.getByRole("button", { name: /^Resume .*default/ })).toHaveCount(0);
    await openShown(page, "/backends");
    await expect(page.getByRole("button", { name: "Switch off…" })).toHaveCount(0);
  });

  await test.step("the address of what is another's is that of nothing", async () => {
    for (const address of [
      `/sessions/${SESSION}`,
      `/sessions/${SESSION}?tab=storage`,
      `/runs/${runId}`,
      `/queue/${taskId}`,
      `/schedules/${scheduleId}`,
      `/budgets/${budgetId}`,
      `/runners/${RUNNER}`,
    ])
      await expectNothing(address, "It may have been deleted, or it belongs to another tenant.");
    await page.getByRole("link", { name: "Back to runners" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Runners" })).toBeVisible();
    await expectNothing(`/r/${taskId}`, /Page not found|belongs to another tenant/);
  });

  await test.step("nor does a call read or change it", async () => {
    const calls: [method: string, path: string, data?: object][] = [
      ["GET", `/sessions/${SESSION}`],
      ["GET", `/sessions/${SESSION}/trace`],
      ["PATCH", `/sessions/${SESSION}`, { title: "taken" }],
      ["DELETE", `/sessions/${SESSION}`],
      ["POST", `/sessions/${FAILED}/storage/pin`, {}],
      ["GET", `/runs/${runId}/events`],
      ["POST", `/runs/${runId}/cancel`, {}],
      ["POST", `/runs/${runId}/commands`, { type: "interrupt", payload: {} }],
      ["GET", `/runs/${failedId}/commands`],
      ["GET", `/queue/tasks/${taskId}`],
      ["POST", `/queue/tasks/${taskId}/cancel`, {}],
      ["GET", `/schedules/${scheduleId}`],
      ["GET", `/schedules/${scheduleId}/firings`],
      ["PATCH", `/schedules/${scheduleId}`, { isPaused: false }],
      ["POST", `/schedules/${scheduleId}/trigger`, {}],
      ["DELETE", `/schedules/${scheduleId}`],
      ["GET", `/budgets/${budgetId}`],
      ["GET", `/budgets/${budgetId}/periods`],
      ["POST", `/budgets/${budgetId}/raise`, { limit: 10 }],
      ["POST", `/approvals/${approvalId}/decide`, { decision: "accept" }],
      ["POST", `/runners/${RUNNER}/drain`, {}],
    ];
    for (const [method, path, data] of calls)
      expect(await ask(method, `/api/v1${path}`, data), `${method} ${path}`).toEqual({
        status: 404,
        reason: "not-found",
      });
    const another = { backendProfile: "demo", tenantId: "default" };
    expect(await ask("POST", "/api/v1/sessions", another)).toEqual({ status: 403, reason: "forbidden" });
  });
  await stranger.context.close();
});
