import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "@playwright/test";
import pg from "pg";
import { startTestServer } from "@/db/test/server";
import { expect, ready, signIn, test } from "./fixtures";
import {
  BUDGET_ID,
  BULK_ID,
  CANCELLED,
  FAILED,
  loadHostileRows,
  orderDrain,
  RUNNER_ID,
  SCHEDULE_ID,
  TASK_ID,
  WEBHOOK_ID,
} from "./hostile-rows";
import { allIn, MARK, PLACES, STRINGS, spreadOver } from "./hostile-strings";
import { Product } from "./product";

const POST = (page: Page, path: string, data: unknown) =>
  page.request.post(`/api/v1${path}`, { data, headers: { origin: new URL(page.url()).origin } });

async function post(page: Page, path: string, data: unknown): Promise<{ id: string; sessionId: string }> {
  const answer = await POST(page, path, data);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return answer.json();
}

const RUNNER = "runner_hostile";
const EVENTS = 54;
/** Events of every kind, each text of which holds some of the strings, and all of them together every one. */
function eventsOf(): { type: string; payload: Record<string, unknown> }[] {
  const places = [
    "user",
    "assistant",
    "thought",
    "plan",
    "command",
    "output",
    "tool",
    "result",
    "file",
    "diff",
    "warning",
    "error",
  ];
  const texts = new Map(places.map((place) => [place, spreadOver(`event-${place}`, EVENTS)]));
  return Array.from({ length: EVENTS }, (_, at) => at).flatMap((at) => {
    const of = (place: string) => texts.get(place)?.[at] ?? "";
    const item = (text: string) => ({
      itemId: `i${at}`,
      text,
      command: text,
      cwd: text,
      output: text,
      exitCode: 1,
      message: text,
    });
    const changes = [{ path: of("file"), kind: "update", diff: `@@ -1 +1 @@\n-${of("file")}\n+${of("file")}` }];
    const diff = `--- a/${of("diff")}\n+++ b/${of("diff")}\n@@ -1 +1 @@\n-${of("diff")}\n+${of("diff")}`;
    return [
      { type: "user_message", payload: item(of("user")) },
      { type: "assistant_message", payload: item(of("assistant")) },
      { type: "reasoning", payload: item(of("thought")) },
      { type: "plan", payload: { steps: [{ step: of("plan"), status: of("plan") }], explanation: of("plan") } },
      { type: "command_execution", payload: { ...item(of("command")), status: "completed" } },
      { type: "command_output", payload: item(of("output")) },
      {
        type: "tool_call",
        payload: { ...item(of("tool")), tool: of("tool"), server: of("tool"), arguments: { [of("tool")]: of("tool") } },
      },
      { type: "tool_output", payload: { ...item(of("result")), tool: of("result"), result: of("result") } },
      { type: "file_change", payload: { ...item(of("file")), changes } },
      { type: "diff", payload: { ...item(of("diff")), diff } },
      { type: "warning", payload: item(of("warning")) },
      { type: "error", payload: item(of("error")) },
    ];
  });
}

/** What a page of hostile texts has become, and what it shows of them. */
type Found = { faults: string[]; places: string[] };

/** Looks through all that a page holds: what ran, what was made of a text, and what plays tricks in what is read. */
function lookThrough(mark: RegExp): Found {
  const { __ran: ran, __violations: violations } = window as unknown as { __ran?: unknown; __violations: string[] };
  const faults = new Set([...violations, ...(ran === undefined ? [] : ["a script ran"])]);
  const places = new Set<string>();
  // What reorders what is read, or has no ink; but a line's end.
  const tricks =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\u{e0000}-\u{e007f}]/u;
  const read = (text: string | null, element: Element, attribute = "text") => {
    if (text === null) return;
    const found = new Set([...text.matchAll(mark)].map(([, place = ""]) => place));
    for (const place of found) places.add(place);
    if (!tricks.test(text)) return;
    const around = element.closest("[role], [aria-label], section, table, header, aside, main");
    const where = `${around?.localName} ${around?.getAttribute("aria-label")?.slice(0, 30) ?? ""} ${element.localName}`;
    faults.add(`raw ${attribute} of ${where}: ${found.size === 0 ? text.slice(0, 80) : [...found].join()}`);
  };
  const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const { parentElement: parent } = text;
    if (parent !== null && !parent.matches("script, style")) read(text.textContent, parent);
  }
  for (const element of document.querySelectorAll("*")) {
    for (const name of ["title", "aria-label", "aria-description", "aria-valuetext", "alt", "placeholder"])
      read(element.getAttribute(name), element, name);
    if (element.matches("img, iframe, object, embed, video, base, form[action]"))
      faults.add(element.outerHTML.slice(0, 80));
    const href = element.getAttribute("href");
    if (href !== null && !/^(\/(?!\/)|#|https?:|mailto:)/i.test(href)) faults.add(`leads to ${href.slice(0, 80)}`);
  }
  return { faults: [...faults], places: [...places] };
}

test(`${STRINGS.length} hostile strings, in every place that shows what others wrote, are text and nothing else`, async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(420_000);
  await using server = await startServer();
  await using product = await Product.start({
    // Its runs are this test's own.
    ...{
      AGENTRUN_EXECUTOR: "none",
      DATABASE_URL: server.url,
      AGENTRUN_BACKENDS: path.join(server.folder, "backends.json"),
    },
  });
  const { client } = server;
  await loadHostileRows(client, product.dataDir);
  const page = await openWatched(browser, product, watchPage);
  const work = await doWork(page);
  await orderDrain(client, RUNNER);
  const seen = new Set<string>();
  const faults: string[] = [];
  /** Looks through what stands there, once it shows what it is to show. */
  const look = async (what: string, places: readonly string[] = []) => {
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    let found: Found = { faults: [], places: [] };
    const shown = new Set<string>();
    let times = 0;
    const missing = async () => {
      // A long page draws what is in sight: what is not there at first is looked for further up or down.
      if (times > 0) await page.evaluate(scrollTo, (times * STEP) % 1);
      times += 1;
      found = await page.evaluate(lookThrough, MARK);
      for (const place of found.places) {
        seen.add(place);
        shown.add(place);
      }
      return places.filter((place) => !shown.has(place));
    };
    // What is missing on one page tells nothing of the others.
    await expect
      .configure({ soft: true })
      .poll(missing, { message: `not shown on ${what}`, timeout: 10_000, intervals: [100] })
      .toEqual([]);
    faults.push(...found.faults.map((fault) => `${what}: ${fault}`));
    expect(new URL(page.url()).origin, what).toBe(product.url);
  };
  for (const [address, places, act] of visitsOf(work)) {
    await page.goto(address);
    await ready(page);
    await look(address, act === undefined ? places : []);
    // What is folded away, and what is only drawn when it comes into sight.
    await page.evaluate(async () => {
      for (const fold of document.querySelectorAll("details")) fold.open = true;
      for (const box of document.querySelectorAll("main, [tabindex]")) box.scrollTop = box.scrollHeight / 2;
      for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    });
    if (act !== undefined) await act(page);
    await look(`${address}, opened`, act === undefined ? [] : places);
  }
  expect(faults).toEqual([]);
  expect(
    [...PLACES].filter((place) => !seen.has(place)),
    "shown nowhere",
  ).toEqual([]);
  await page.context().close();
});

/** How far apart the parts of a page are that are looked at, one after another: no multiple of it is whole for long. */
const STEP = 0.0618;

/** Runs in the page. */
function scrollTo(part: number): void {
  for (const box of document.querySelectorAll("main, [tabindex]"))
    box.scrollTop = (box.scrollHeight - box.clientHeight) * part;
}

/** A database that the test may write to as well, and profiles of providers that nobody answers for. */
async function startServer() {
  const server = await startTestServer();
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-hostile-"));
  const profile = { model: "a-model", baseUrl: "http://127.0.0.1:9/v1" };
  await writeFile(path.join(folder, "backends.json"), JSON.stringify({ codex: profile, deepseek: profile }));
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  return {
    ...{ url: server.url, folder, client },
    async [Symbol.asyncDispose]() {
      await client.end();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A page that notes what was kept from running, and what ran. */
async function openWatched(browser: Browser, product: Product, watchPage: (page: Page) => void): Promise<Page> {
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  watchPage(page);
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { __violations: seen });
    document.addEventListener("securitypolicyviolation", (event) =>
      seen.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page.on("dialog", (dialog) => void dialog.dismiss());
  await signIn(page, product);
  return page;
}

/** A session whose agent has said everything, and asks for it. */
async function doWork(page: Page): Promise<{ runId: string; sessionId: string }> {
  const { sessionId } = await post(page, "/sessions", {
    ...{ title: STRINGS[0], backendProfile: "codex", storage: { kind: "none" } },
    metadata: Object.fromEntries(STRINGS.slice(0, 20).map((text, index) => [`k${index}`, text])),
  });
  const { id: runId } = await post(page, "/runs", { backendProfile: "codex", sessionRef: { sessionId } });
  await post(page, `/runs/${runId}/commands`, { type: "turn", payload: { text: allIn("turn") } });
  await post(page, `/runs/${runId}/claim`, { runnerId: RUNNER, leaseMs: 3_600_000 });
  const events = eventsOf();
  for (let from = 0; from < events.length; from += 400)
    await post(page, `/runs/${runId}/events`, { events: events.slice(from, from + 400) });
  const asked = allIn("asked");
  await post(page, `/runs/${runId}/approvals`, {
    ...{
      requestKey: "k",
      kind: "command",
      command: asked,
      cwd: asked.slice(0, 4_000),
      reason: asked.slice(0, 10_000),
      leaseEpoch: 1,
    },
  });
  return { runId, sessionId };
}

type Visit = [address: string, places: string[], act?: (page: Page) => Promise<void>];

const COLUMNS = {
  sessions:
    "profile,project,tenant,id,thread,conversation,run,failure,said,tokens,events,version,metadata,bytes,files,volume,expires,created",
  runs: "project,tenant,id,session,task,provider,model,sandbox,approval,workspace,failure,epoch,events,version,ended",
  queue: "project,tenant,id,session,run,attempts,key,due,expires,added,version,metadata",
  storage: "kind,digest,measured,requested,phase,policy,pinned",
};
/** As an address that somebody else has made may have it. */
const GIVEN = encodeURIComponent(`<img src=x onerror=window.__ran=1>\u202e`);

/** A row's own page; what else has rows leads to other lists. */
const ROW_LINK = "a[href^='/sessions/'], a[href^='/runs/'], a[href^='/runners/'], a[href^='/queue/']";

/** Opens the panel at the first row of a list. */
async function peek(page: Page): Promise<void> {
  await page.locator("main [data-row]").locator(ROW_LINK).first().focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("complementary", { name: /^Preview of/ })).toBeVisible();
}

/** Has many chosen, and a dialog tell what would be done to which of them. */
async function askOfMany(page: Page): Promise<void> {
  await page.locator("main [data-row]").locator(ROW_LINK).first().focus();
  await page.keyboard.press("*");
  await page.getByRole("toolbar", { name: "Selected sessions" }).getByRole("button", { name: "Evict…" }).click();
  await expect(page.getByRole("dialog")).toContainText(/included/);
}

/** Has an agent say more of it. */
async function say(page: Page, runId: string): Promise<void> {
  const payload = { itemId: "live", text: allIn("event-live") };
  await post(page, `/runs/${runId}/events`, { events: [{ type: "assistant_message", payload }] });
}

/** Where texts are shown, which of them at least, and what is to be opened there. */
function visitsOf({ runId, sessionId }: { runId: string; sessionId: string }): Visit[] {
  const session = `/sessions/${sessionId}`;
  const failed = `/runs/${FAILED.runId}`;
  return [
    ["/", ["approval-command", "backend-disabled"]],
    [`/sessions?state=all&columns=${COLUMNS.sessions}`, ["session-title", "session-metadata"], peek],
    [`/sessions?state=all&group=project&search=${GIVEN}`, []],
    ["/sessions?state=all", ["session-title"], askOfMany],
    [session, ["event-user", "event-assistant", "event-command", "event-file", "event-error"]],
    // While it is looked at, too.
    [session, ["event-live"], (page) => say(page, runId)],
    [`${session}?tab=trace`, ["event-tool", "event-result"]],
    ...["timeline", "changes", "runs", "storage", "audit"].map((tab): Visit => [`${session}?tab=${tab}`, []]),
    [`/sessions/${FAILED.sessionId}`, ["one-session-title", "call-model"]],
    [`/sessions/${FAILED.sessionId}?tab=files`, ["file-name", "file-target", "file-omitted"]],
    [`/sessions/${FAILED.sessionId}?tab=files&file=text.txt`, ["file-text"]],
    [`/compare?left=${sessionId}&right=${FAILED.sessionId}`, ["one-session-title"]],
    [`/queue?state=all&columns=${COLUMNS.queue}`, ["task-title"], peek],
    ["/queue?view=lanes", ["control-reason"]],
    ["/queue?state=cancelled", ["task-cancel_reason"]],
    ["/queue?state=all&as=board", ["task-title"], peek],
    ["/queue?state=all&as=board&by=lane", ["task-title"]],
    [`/queue?state=all&queue=${GIVEN}&lane=${GIVEN}&key=${GIVEN}`, []],
    [`/queue/${TASK_ID}`, ["one-task-title", "one-task-payload", "attempt-failure"]],
    ["/schedules", ["schedule-name", "schedule-zone", "schedule-task", "firing-message"]],
    [`/schedules?search=${GIVEN}`, []],
    [
      `/schedules/${SCHEDULE_ID}`,
      ["schedule-name", "one-schedule-zone", "one-schedule-task", "schedule-by", "one-firing-message"],
      async (page) => {
        await page.getByRole("button", { name: "Edit…" }).click();
        await expect(page.getByRole("dialog").getByLabel("Task JSON")).toBeVisible();
      },
    ],
    ["/budgets", ["budget-name", "budget-project", "budget-profile"]],
    [`/budgets?search=${GIVEN}`, []],
    [
      `/budgets/${BUDGET_ID}`,
      ["budget-name", "one-budget-project", "one-budget-profile", "budget-by", "budget-raised"],
      async (page) => {
        await page.getByRole("button", { name: "Edit…" }).click();
        await expect(page.getByRole("dialog").getByLabel("Name")).toBeVisible();
      },
    ],
    ["/approvals?status=pending", ["approval-command", "approval-changes"]],
    ["/approvals?status=decided", ["approval-answer", "approval-by"]],
    [`/runs?columns=${COLUMNS.runs}`, ["run-provider_id", "run-execution_policy"], peek],
    [`/runs?group=failure&profile=${GIVEN}&failure=${GIVEN}`, []],
    [`/runs/${runId}`, ["turn"]],
    [failed, ["one-run-failure_message", "one-run-workspace_ref", "command-text", "command-failure"]],
    [`${failed}?tab=job`, ["remains"]],
    [`${failed}?tab=log`, ["log-line"]],
    [`/runs/${CANCELLED.runId}`, ["one-run-cancel_reason"]],
    ["/runners?state=all", ["runner-placement"], peek],
    [`/runners?placement=${GIVEN}&search=${GIVEN}`, []],
    [`/runners/${RUNNER}`, ["runner-drain"]],
    [`/runners/${RUNNER_ID}`, ["one-runner-placement", "one-runner-metadata", "runner-kill"]],
    ["/backends", ["backend-probe", "backend-health", "backend-disabled"]],
    [`/storage?columns=${COLUMNS.storage}`, []],
    ["/storage?view=clean-up", []],
    ["/storage?view=orphans", ["orphan-owner"]],
    ["/audit", ["audit-action", "audit-details"]],
    [`/audit?actor=${GIVEN}&action=${GIVEN}`, []],
    ["/bulk", ["bulk-reason"]],
    [`/bulk/${BULK_ID}`, ["bulk-refusal", "bulk-filter"]],
    ["/status", ["loop-failure"]],
    ["/settings", ["token-name"]],
    ["/settings/webhooks", ["webhook-name", "webhook-url", "webhook-reason"]],
    [
      `/settings/webhooks/${WEBHOOK_ID}`,
      ["webhook-name", "one-webhook-url", "one-webhook-reason", "webhook-by", "delivery-data", "delivery-error"],
      (page) => page.getByRole("button", { name: "task.failed", exact: true }).first().click(),
    ],
    ["/sessions?state=all", ["view-name", "view-owner"], (page) => page.getByRole("button", { name: "Views" }).click()],
    [
      "/runs",
      ["view-name", "task-title"],
      async (page) => {
        await page.keyboard.press("Control+k");
        await page.getByRole("dialog").getByRole("combobox").fill("window");
      },
    ],
    [`/r/run_${GIVEN}`, []],
  ];
}
