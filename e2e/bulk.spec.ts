import type { Locator, Page } from "@playwright/test";
import {
  byDevice,
  EVERY_LOOK,
  expect,
  look,
  lookInAll,
  newSignedIn,
  optionsOf,
  peekOf,
  productOfFile,
  ready,
  test,
} from "./fixtures";
import { type Api, apiOf, openPage } from "./queue-stories";

/** Nobody else's command line has it. */
const LONG_COMMAND = "sleep 35793";

const runsTable = (page: Page): Locator => page.getByRole("table", { name: "Runs" });
const sessionsTable = (page: Page): Locator => page.getByRole("table", { name: "Sessions" });
const bodyRows = (table: Locator): Locator => table.locator("tbody").getByRole("row");
const bar = (page: Page, name: string): Locator => page.getByRole("toolbar", { name });
/** The field of a dialog that takes the focus as it opens: what is typed before that goes elsewhere. */
const typedInto = (dialog: Locator) => expect(dialog.getByLabel("Reason", { exact: true })).toBeFocused();

/**
 * Starts a run of the demo agent in a session of its own, as a program does; it ends soon after its turn, and not in the
 * middle of what comes next.
 */
async function start(api: Api, sessionId: string, text: string): Promise<string> {
  const id = await api.run(sessionId, { executionPolicy: { idleTimeoutMs: 1_000 } });
  await api.post(`/runs/${id}/commands`, { type: "turn", payload: { text } });
  return id;
}

type Listed<Item> = { items: Item[] };
const statusOf = async (api: Api, runId: string) => ((await api.get(`/runs/${runId}`)) as { status: string }).status;

// One product for both: what the first leaves behind the second only sees more of.
const signedIn = productOfFile();

test("choosing and its dialogs are accessible in light, dark and high contrast, and fit a phone", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const { product, storageState } = signedIn;
  const first = await newSignedIn(browser, signedIn);
  const api = apiOf(first.request, product.url);
  await start(api, "asks", "ASK `echo allowed`");
  for (const name of ["b", "c"])
    await api.post("/sessions", { backendProfile: "demo", sessionId: name, title: `session ${name}` });
  // Of tasks: its progress stands in none of the lists that are looked at.
  await api.post("/queue/controls/pause", { queue: "held", reason: "nothing of it is to run" });
  const taskId = await api.add({ queue: "held", title: "over before it began" });
  await api.post(`/queue/tasks/${taskId}/cancel`);
  const tried = { kind: "task", action: "move", lane: "other", ids: [taskId], reason: "to see what it says" };
  await openPage(first, "/approvals");
  await expect(first.locator("li[data-row]")).toHaveCount(1, { timeout: 120_000 });
  const { id: done } = (await api.post("/bulk", tried)) as { id: string };
  for (const looks of byDevice(EVERY_LOOK)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    for (const [address, what, buttons] of [
      ["/sessions?state=all", "sessions", ["Cancel runs…", "Delete…", "Extend…", "Evict…", "Interrupt…"]],
      ["/runs", "runs", ["Cancel…", "Retry…"]],
      ["/approvals", "requests", ["Deny…"]],
    ] as const) {
      await openPage(page, address);
      // The last session has never been used: its volume may go.
      await page.getByRole("checkbox").last().check();
      await expect(bar(page, `Selected ${what}`)).toBeVisible();
      await lookInAll(page, looks, `bulk-${what}`);
      for (const button of buttons) {
        await bar(page, `Selected ${what}`).getByRole("button", { name: button }).click();
        const dialog = page.getByRole("dialog");
        await expect(dialog).toContainText(/included/);
        await lookInAll(page, looks, `bulk-${what}-${button.replace("…", "")}`);
        await page.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
      }
      if (what === "requests") continue;
      const row = page.getByRole("row").filter({ hasText: "ASK" }).first();
      await row.getByRole("link").first().focus();
      await page.keyboard.press("Space");
      await expect(peekOf(page).getByRole("group", { name: "Last lines" })).toContainText("echo allowed");
      await lookInAll(page, looks, `peek-${what}`);
      await page.keyboard.press("Escape");
      await expect(peekOf(page)).toBeHidden();
      await expect(row.getByRole("link").first()).toBeFocused();
    }
    await openPage(page, `/bulk/${done}`);
    await expect(page.getByRole("list", { name: "Reasons" })).toBeVisible();
    await lookInAll(page, looks, "bulk-page");
    await openPage(page, "/bulk");
    await expect(bodyRows(page.getByRole("table", { name: "Bulk actions" }))).toHaveCount(1);
    await lookInAll(page, looks, "bulk-list");
    await context.close();
  }
  await first.keyboard.press("j");
  await first.keyboard.press("d");
  await expect(first.getByText("No approvals waiting")).toBeVisible();
  await first.context().close();
});

test("many are dealt with at once, from the keyboard alone", async ({ browser, watchPage }) => {
  test.setTimeout(600_000);
  const { product } = signedIn;
  const page = await newSignedIn(browser, signedIn);
  watchPage(page, { expectedErrors: /status of 404/ });
  const api = apiOf(page.request, product.url);

  await test.step("of three requests two are denied with one reason, and one is accepted", async () => {
    const runs: string[] = [];
    for (const name of ["one", "two", "three"]) runs.push(await start(api, `triage-${name}`, `ASK \`echo ${name}\``));
    await openPage(page, "/approvals");
    const requests = page.locator("li[data-row]");
    await expect(requests).toHaveCount(3, { timeout: 120_000 });
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("J");
    await expect(bar(page, "Selected requests")).toContainText("2 requests selected");
    // Many are never accepted together.
    await page.keyboard.press("a");
    await expect(page.getByText("Requests are accepted one at a time.")).toBeVisible();
    await page.keyboard.press("d");
    const dialog = page.getByRole("dialog", { name: "Deny requests" });
    await expect(dialog).toContainText("2 requests included");
    await typedInto(dialog);
    await page.keyboard.type("not in this repository");
    await look(page, "bulk-deny");
    await page.keyboard.press("Control+Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText("2 requests denied")).toBeVisible({ timeout: 30_000 });
    await expect(requests).toHaveCount(1);
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await expect(page.getByText("No approvals waiting")).toBeVisible();
    const { items } = (await api.get("/approvals?limit=3")) as Listed<{
      decision: string;
      decisionReason: string | null;
    }>;
    expect(items.map(({ decision, decisionReason }) => `${decision} ${decisionReason}`).sort()).toEqual(
      ["accept null", "decline not in this repository", "decline not in this repository"].sort(),
    );
    for (const runId of runs) {
      await expect
        .poll(
          async () => {
            const page = (await api.get(`/runs/${runId}/commands?limit=10`)) as Listed<{ type: string; state: string }>;
            return page.items.find(({ type }) => type === "turn")?.state;
          },
          { timeout: 60_000 },
        )
        .toBe("completed");
      await expect.poll(() => statusOf(api, runId), { timeout: 60_000 }).toBe("completed");
    }
  });

  await test.step("three runs under way are cancelled together, and their agents are gone", async () => {
    const runs: string[] = [];
    for (const name of ["a", "b", "c"]) runs.push(await start(api, `busy-${name}`, `RUN \`${LONG_COMMAND}\``));
    const agents = () => product.processes((command) => command.includes(LONG_COMMAND)).length;
    await expect.poll(agents, { timeout: 180_000 }).toBeGreaterThanOrEqual(3);
    await openPage(page, "/runs?status=claimed");
    for (const name of ["a", "b", "c"]) await expect(runsTable(page)).toContainText(`busy-${name}`);
    const count = await bodyRows(runsTable(page)).count();
    await page.keyboard.press("j");
    await page.keyboard.press("*");
    await expect(bar(page, "Selected runs")).toContainText(`${count} runs selected`);
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog", { name: "Cancel runs" });
    await expect(dialog).toContainText("runs included");
    await typedInto(dialog);
    await page.keyboard.type("the wrong branch");
    await look(page, "bulk-cancel");
    await page.keyboard.press("Control+Enter");
    await expect(dialog).toBeHidden();
    await page.reload();
    await expect(page.getByText(/\d+ runs? cancelled/)).toBeVisible({ timeout: 60_000 });
    for (const runId of runs) await expect.poll(() => statusOf(api, runId), { timeout: 90_000 }).toBe("cancelled");
    await expect.poll(agents, { timeout: 30_000 }).toBe(0);
    const cancelled = (await api.get(`/runs/${runs[0]}`)) as { cancelReason: string };
    expect(cancelled.cancelReason).toBe("the wrong branch");

    await page.getByRole("link", { name: "View results" }).first().click();
    await expect(page).toHaveURL(/\/bulk\/bulk_/);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(/\d+ runs? cancelled/);
    await expect(page.getByText("the wrong branch").first()).toBeVisible();
    await expect(bodyRows(page.getByRole("table", { name: "Each run" }))).toHaveCount(count);
  });

  await test.step("an action has an address, which says who was refused and why, and tries those again", async () => {
    const runs = (await api.get("/runs?status=cancelled&limit=3")) as Listed<{ id: string }>;
    const ids = runs.items.map(({ id }) => id);
    const { id } = (await api.post("/bulk", { kind: "run", action: "retry", ids })) as { id: string };
    await openPage(page, `/r/${id}`);
    await expect(page).toHaveURL(new RegExp(`/bulk/${id}$`));
    await expect(page.getByRole("button", { name: /^Rejected: 3/ })).toBeVisible();
    await expect(page.getByRole("list", { name: "Reasons" })).toContainText("3 rejected");
    await expect(bodyRows(page.getByRole("table", { name: "Each run" }))).toHaveCount(3);
    await page.getByRole("button", { name: /^Done: 0/ }).click();
    await expect(page.getByText("None done.")).toBeVisible();
    await expect(page).toHaveURL(/of=done/);
    await page.keyboard.press("r");
    await expect(page.getByText("Started as a new bulk action")).toBeVisible();
    await page.getByRole("link", { name: /^bulk_/ }).click();
    await expect(page).not.toHaveURL(new RegExp(id));
    await expect(page.getByText("3 runs from another bulk action, retried after being rejected.")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await expect(bodyRows(page.getByRole("table", { name: "Bulk actions" })).first()).toContainText("Partly rejected");
    await openPage(page, "/bulk/bulk_nobody");
    await expect(page.getByText("Bulk action not found")).toBeVisible();
  });

  await test.step("a look into a run says what became of it; arrows go on to the next, and Enter opens its page", async () => {
    await openPage(page, "/runs");
    const row = bodyRows(runsTable(page)).filter({ hasText: "busy-b" });
    await row.getByRole("link").first().focus();
    await page.keyboard.press("Space");
    await expect(peekOf(page)).toContainText("Cancelled");
    await expect(peekOf(page)).toContainText("the wrong branch");
    await expect(peekOf(page)).toContainText(LONG_COMMAND);
    await expect(peekOf(page)).toContainText(/\d+ calls?.*: [\d.k]+ tokens/);
    const next = bodyRows(runsTable(page)).filter({ hasText: "busy-a" }).getByRole("link").first();
    await page.keyboard.press("ArrowDown");
    await expect(next).toBeFocused();
    const address = (await next.getAttribute("href")) ?? "";
    const opener = peekOf(page).getByRole("link", { name: "Open", exact: true });
    await expect(opener).toHaveAttribute("href", address);

    // The address opens the same, with the keys at that row; back leads to the list, and on to the panel again.
    await expect(page).toHaveURL(new RegExp(`/runs\\?look=${address.split("/").pop()}$`));
    await page.goBack();
    await expect(peekOf(page)).toBeHidden();
    await expect(page).toHaveURL(/\/runs$/);
    await page.goForward();
    await expect(opener).toHaveAttribute("href", address);
    await page.reload();
    await ready(page);
    await expect(opener).toHaveAttribute("href", address);
    await expect(next).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(peekOf(page)).toBeHidden();
    await expect(page).toHaveURL(/\/runs$/);
    await openPage(page, "/runs?look=run_nowhere");
    await expect(peekOf(page)).toContainText("This run isn't in the loaded rows");
    await look(page, "run-not-listed");
    await page.keyboard.press("j");
    await expect(peekOf(page)).not.toContainText("isn't in the loaded rows");
    await next.focus();
    await expect(opener).toHaveAttribute("href", address);
    await expect(page).toHaveURL(new RegExp(`look=${address.split("/").pop()}`));
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`${address}$`));
  });

  await test.step("what has not failed is not retried, and says why before anything is done", async () => {
    await openPage(page, "/runs");
    await page.keyboard.press("j");
    await page.keyboard.press("*");
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog", { name: "Retry runs" });
    await expect(dialog).toContainText("it has not failed");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(bodyRows(runsTable(page)).first().getByRole("link").first()).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(bar(page, "Selected runs")).toBeHidden();
  });

  await test.step("all are marked as read, and that is taken back", async () => {
    await openPage(page, "/sessions");
    const unread = sessionsTable(page).getByText("Unread");
    await expect(unread.first()).toBeAttached();
    const first = bodyRows(sessionsTable(page)).filter({ hasText: "Unread" }).first().getByRole("link").first();
    const all = await unread.count();
    await first.press("Enter");
    await expect(page).toHaveURL(/\/sessions\//);
    await ready(page);
    await page.goBack();
    await expect(unread, "one that was opened is read").toHaveCount(all - 1);
    const before = await unread.count();
    await page.keyboard.press("j");
    await page.keyboard.press("*");
    await look(page, "bulk-sessions");
    await page.keyboard.press("r");
    await expect(unread).toHaveCount(0);
    const toast = page.locator("[data-sonner-toast]").filter({ hasText: "marked as read" });
    await expect(bar(page, "Selected sessions")).toBeHidden();
    await toast.getByRole("button", { name: "Undo" }).press("Enter");
    await expect(unread).toHaveCount(before, { timeout: 30_000 });

    // Undone elsewhere, where no list is there to see it end.
    await expect(toast).toHaveCount(0);
    await page.keyboard.press("j");
    await page.keyboard.press("*");
    await page.keyboard.press("r");
    await expect(unread).toHaveCount(0);
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await expect(page).toHaveURL(/\/runs$/);
    await ready(page);
    await toast.first().getByRole("button", { name: "Undo" }).press("Enter");
    await expect(toast).toHaveCount(0);
    await page.goBack();
    await expect(unread).toHaveCount(before);
  });

  await test.step("all that match are pinned, those that are not shown too, and none that comes later", async () => {
    for (let index = 0; index < 60; index += 1)
      await api.post("/sessions", { backendProfile: "demo", projectId: "many" });
    await openPage(page, "/sessions?project=many");
    await expect(bodyRows(sessionsTable(page))).toHaveCount(50);
    await page.keyboard.press("*");
    await expect(bar(page, "Selected sessions")).toContainText("50 sessions selected");
    await expect(bar(page, "Selected sessions")).toContainText("Select all 60 matching");
    await page.keyboard.press("*");
    await expect(bar(page, "Selected sessions")).toContainText("All 60 matching: recent, project many");
    await look(page, "bulk-all-matching");
    await page.keyboard.press("p");
    const toast = page.locator("[data-sonner-toast]").filter({ hasText: "60 sessions pinned" });
    const pinned = async () =>
      ((await api.get("/storage?pinned=true&projectId=many&limit=200")) as Listed<object>).items.length;
    await expect.poll(pinned, { timeout: 30_000 }).toBe(60);
    await toast.getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(pinned, { timeout: 30_000 }).toBe(0);
  });

  await test.step("all that match are deleted once their number was typed, but for the one whose run is live", async () => {
    await api.post("/sessions", {
      backendProfile: "demo",
      projectId: "many",
      sessionId: "many-live",
      title: "at work",
    });
    const liveId = await api.run("many-live", { projectId: "many" });
    await api.post(`/runs/${liveId}/commands`, { type: "turn", payload: { text: `RUN \`${LONG_COMMAND}\`` } });
    await expect.poll(() => statusOf(api, liveId), { timeout: 60_000 }).toBe("claimed");
    await openPage(page, "/sessions?project=many");
    await page.keyboard.press("*");
    await expect(bar(page, "Selected sessions")).toContainText("Select all 61 matching");
    await page.keyboard.press("*");
    await page.keyboard.press("#");
    const dialog = page.getByRole("dialog", { name: "Delete sessions" });
    await expect(dialog).toContainText("60 sessions included");
    await expect(dialog).toContainText("1 skipped: a run of it is live");
    await typedInto(dialog);
    await page.keyboard.type("the project is over");
    const act = dialog.getByRole("button", { name: "Delete: 60 sessions" });
    await expect(act).toBeDisabled();
    const confirmation = dialog.getByLabel("Type 60 to confirm");
    await confirmation.fill("61");
    await expect(act).toBeDisabled();
    await confirmation.fill("60");
    await look(page, "bulk-delete");
    await confirmation.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText("60 sessions deleted")).toBeVisible({ timeout: 60_000 });
    await expect(bodyRows(sessionsTable(page))).toHaveCount(1);
    await expect(sessionsTable(page)).toContainText("at work");
    await look(page, "bulk-deleted");
    const left = (await api.get("/sessions?projectId=many&state=all")) as Listed<{ sessionId: string }>;
    expect(left.items.map(({ sessionId }) => sessionId)).toEqual(["many-live"]);

    await page.getByRole("link", { name: "View results" }).first().click();
    await expect(page.getByRole("list", { name: "Reasons" })).toContainText("a run of it is live");
    // What was refused was not confirmed: only a new action does it.
    await expect(page.getByRole("button", { name: "Retry rejected" })).toBeHidden();
    await page.getByRole("button", { name: /^Done: 60/ }).click();
    await look(page, "bulk-deleted-results");
    // Of what is gone the audit log tells.
    await bodyRows(page.getByRole("table", { name: "Each session" }))
      .first()
      .getByRole("link")
      .click();
    await expect(page).toHaveURL(/\/audit\?target=/);
    await expect(page.getByText("the project is over").first()).toBeVisible();
    await api.post(`/runs/${liveId}/cancel`);
    await expect.poll(() => statusOf(api, liveId), { timeout: 90_000 }).toBe("cancelled");
  });

  await test.step("a look into a session shows its lines as they come, and leaves the focus where it was", async () => {
    await start(api, "watched", "Please do something long");
    const row = bodyRows(sessionsTable(page)).filter({ hasText: "something long" });
    await openPage(page, "/sessions");
    await expect(row).toBeVisible({ timeout: 30_000 });
    await row.getByRole("link").focus();
    await page.keyboard.press("Space");
    const peek = peekOf(page);
    await expect(peek).toContainText("step 1 of 8 is done", { timeout: 90_000 });
    await expect(peek).toContainText("step 3 of 8 is done", { timeout: 60_000 });
    await look(page, "session-peek");
    await page.keyboard.press("Escape");
    await expect(peek).toBeHidden();
    await expect(row.getByRole("link")).toBeFocused();
  });
  await page.context().close();
});
