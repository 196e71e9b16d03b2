import type { Page } from "@playwright/test";
import { byDevice, copied, EVERY_LOOK, expect, look, lookInAll, optionsOf, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { apiOf, openPage, tasksTable } from "./queue-stories";

const table = (page: Page, name = "Sessions") => page.getByRole("table", { name });
const heads = (page: Page, name?: string) => table(page, name).getByRole("columnheader");
const group = (page: Page, name: string) => table(page).getByRole("rowgroup", { name });
const head = (page: Page, name: string) => table(page).locator("[data-group-head]").filter({ hasText: name });
const row = (page: Page, title: string) => table(page).getByRole("row").filter({ hasText: title });
const link = (page: Page, title: string) => table(page).getByRole("link", { name: title });
const columns = (page: Page) => page.getByRole("button", { name: "Columns" });
const item = (page: Page, name: string) => page.getByRole("menuitemcheckbox", { name, exact: true });

const USUAL = ["Choose", "State", "Session", "Project", "Approvals", "Storage", "Last activity", "Actions"];

test("a list is arranged: its columns are chosen and its rows stand under groups, and both are kept and passed on", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(480_000);
  await using product = await Product.start();
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  watchPage(page);
  await signIn(page, product);
  const { cookies } = await context.storageState();
  const api = apiOf(page.request, product.url);
  for (const [title, projectId] of [
    ["Old sums", "sums"],
    ["First page", "pages"],
    ["Second page", "pages"],
    ["New sums", "sums"],
    ["A shop", "shop"],
  ] as const)
    await api.post("/sessions", {
      ...{ backendProfile: "demo", title, projectId, metadata: { ticket: title.length }, storage: { kind: "none" } },
    });
  await openPage(page, "/sessions");
  await expect(table(page).locator("[data-row]")).toHaveCount(5);

  await test.step("columns are put in and taken out by keys, in a menu that stays open", async () => {
    await expect(heads(page)).toHaveText(USUAL);
    await columns(page).focus();
    await page.keyboard.press("Enter");
    await expect(item(page, "Profile")).toBeFocused();
    // Where there is one profile, its column is there to be chosen.
    await expect(item(page, "Profile")).not.toBeChecked();
    await page.keyboard.type("meta");
    await expect(item(page, "Metadata")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(item(page, "Metadata")).toBeChecked();
    await item(page, "Id").click();
    await look(page, "columns-menu");
    await page.keyboard.press("Escape");
    await expect(columns(page)).toBeFocused();
    await expect(heads(page)).toHaveText([
      ...[
        "Choose",
        "State",
        "Session",
        "Project",
        "Id",
        "Metadata",
        "Approvals",
        "Storage",
        "Last activity",
        "Actions",
      ],
    ]);
    await expect(row(page, "A shop")).toContainText("ticket: 6");
    await expect(page).toHaveURL(/columns=project,id,metadata,approvals,storage,activity/);
  });

  await test.step("rows stand under their projects, and keys go over the heads", async () => {
    await page.getByLabel("Group", { exact: true }).selectOption("By project");
    await expect(page).toHaveURL(/group=project/);
    await expect(table(page).getByRole("heading", { level: 2 })).toHaveText([
      ...["pages 2 sessions", "shop 1 session", "sums 2 sessions"],
    ]);
    await expect(group(page, "pages").locator("[data-row]")).toHaveCount(2);
    await page.keyboard.press("j");
    await expect(link(page, "Second page")).toBeFocused();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await expect(link(page, "A shop")).toBeFocused();
    await page.keyboard.press("K");
    await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toContainText("2 sessions selected");
    await expect(link(page, "First page")).toBeFocused();
    await page.keyboard.press("Escape");
  });

  await test.step("a group that is closed is passed over, and nothing in it stays chosen", async () => {
    await page.keyboard.press("x");
    await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toContainText("1 session selected");
    await page.keyboard.press("z");
    await expect(head(page, "pages")).toBeFocused();
    await expect(head(page, "pages")).toHaveAttribute("aria-expanded", "false");
    await expect(link(page, "First page")).toHaveCount(0);
    await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toHaveCount(0);
    await page.keyboard.press("j");
    await expect(link(page, "A shop")).toBeFocused();
    await head(page, "shop").focus();
    await page.keyboard.press("k");
    // There is no row above: the first one is the nearest.
    await expect(link(page, "A shop")).toBeFocused();
    await page.keyboard.press("*");
    await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toContainText("3 sessions selected");
    await page.keyboard.press("Escape");
    await head(page, "pages").press("Enter");
    await expect(link(page, "First page")).toBeVisible();
    await link(page, "First page").focus();
    await page.keyboard.press("Space");
    await expect(page.getByRole("complementary", { name: /First page/ })).toBeVisible();
    // The address is written a moment later, and would call off the next page where that was asked for first.
    await expect(page).toHaveURL(/look=/);
    await page.keyboard.press("Space");
    await expect(page).not.toHaveURL(/look=/);
    await expect(link(page, "First page")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/sessions\/ses_/);
    await page.goBack();
    await ready(page);
  });

  await test.step("it is all there after a reload, and the columns where an address names none", async () => {
    await page.reload();
    await ready(page);
    await expect(heads(page).filter({ hasText: "Metadata" })).toBeVisible();
    await expect(group(page, "sums")).toBeVisible();
    await openPage(page, "/sessions?search=sums");
    await expect(page).toHaveURL(/columns=project,id,metadata/);
    await expect(heads(page).filter({ hasText: "Metadata" })).toBeVisible();
    await expect(table(page).getByRole("heading")).toHaveCount(0);
  });

  await openPage(page, "/sessions?group=project");
  await expect(page).toHaveURL(/columns=/);
  const address = page.url();

  await test.step("somebody else who opens the address sees the same, and keeps their own columns", async () => {
    const others = await browser.newContext({ baseURL: product.url, storageState: { cookies, origins: [] } });
    const other = await others.newPage();
    watchPage(other);
    await openPage(other, address);
    await expect(heads(other)).toHaveText(await heads(page).allTextContents());
    await expect(group(other, "shop")).toBeVisible();
    await openPage(other, "/sessions");
    await expect(heads(other)).toHaveText(USUAL);
    await others.close();
  });

  await test.step("a view keeps it, and a reset forgets it", async () => {
    await page.getByRole("button", { name: "Views", exact: true }).click();
    await page.getByRole("menuitem", { name: "Save view…" }).click();
    const dialog = page.getByRole("dialog", { name: "Save view" });
    await expect(dialog).toContainText("columns:project,id,metadata,approvals,storage,activity group:project");
    await dialog.getByLabel("Name").fill("By project");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("button", { name: "Views: By project" })).toBeVisible();
    await columns(page).click();
    await page.getByRole("menuitem", { name: "Reset" }).click();
    await page.getByLabel("Group", { exact: true }).selectOption("No grouping");
    await expect(heads(page)).toHaveText(USUAL);
    await openPage(page, "/sessions");
    await expect(heads(page)).toHaveText(USUAL);
    await page.getByRole("button", { name: "Views", exact: true }).click();
    await page.getByRole("menuitem", { name: /^By project/ }).click();
    await expect(group(page, "pages")).toBeVisible();
    await expect(heads(page).filter({ hasText: "Metadata" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Views: By project" })).toBeVisible();
  });

  await test.step("a row says why, has a menu by a key, and what is renamed is named as before by a press", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await openPage(page, "/sessions");
    const why = page.locator("[data-why]");
    const state = row(page, "A shop").getByRole("button", { name: "Idle" });
    await state.click();
    await expect(why).toHaveText("No message has been sent yet.");
    await page.keyboard.press("Escape");
    await expect(why).toHaveCount(0);
    await link(page, "A shop").focus();
    await page.keyboard.press("Shift+Tab");
    await expect(state).toBeFocused();
    await expect(why).toBeVisible();
    await look(page, "why");
    await link(page, "A shop").focus();
    await expect(why).toHaveCount(0);
    const act = async (title: string, name: string) => {
      await link(page, title).focus();
      await page.keyboard.press(".");
      await page.getByRole("menuitem", { name }).click();
    };
    await act("A shop", "Copy as curl");
    await expect.poll(() => copied(page)).toMatch(/^curl .*\/api\/v1\/sessions\/ses_[0-9a-f]+'$/);
    await act("A shop", "Rename");
    const renaming = page.getByRole("dialog", { name: "Rename session" });
    await renaming.getByLabel("Title").fill("A bazaar");
    await renaming.getByRole("button", { name: "Rename" }).click();
    await expect(link(page, "A bazaar")).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByText("Renamed back: A shop")).toBeVisible();
    await expect(link(page, "A shop")).toBeVisible();
    await act("A shop", "Delete session");
    const deleting = page.getByRole("dialog", { name: "Delete session" });
    await expect(deleting).toContainText("It has no archive.");
    await look(page, "delete-session");
    await page.keyboard.press("Escape");
    await expect(deleting).toHaveCount(0);
  });

  await test.step("runs stand under their sessions, and tasks have more columns than fit", async () => {
    for (const sessionId of ["one", "two", "one"]) await api.run(sessionId);
    await openPage(page, "/runs?group=session&columns=session,model,queued");
    await expect(table(page, "Runs").getByRole("heading", { level: 2 })).toHaveCount(2);
    await expect(table(page, "Runs").getByRole("rowgroup", { name: "one" }).locator("[data-row]")).toHaveCount(2);
    await api.post("/queue/controls/pause", { queue: "default", reason: "not yet" });
    await api.add({ title: "A task", lane: "docs", metadata: { ticket: 7 } });
    await openPage(page, "/queue?columns=lane,id,session,run,attempts,key,due,expires,added,version,metadata,since");
    const task = tasksTable(page).getByRole("row").filter({ hasText: "A task" });
    await expect(task).toContainText("ticket: 7");
    await expect(heads(page, "Tasks")).toHaveText([
      ...["Choose", "State", "Task", "Lane", "Id", "Session", "Run", "Attempts", "Key", "Due", "Expires", "Added"],
      ...["Version", "Metadata", "Since", "Actions"],
    ]);
    const [names, cells] = await Promise.all(
      [heads(page, "Tasks"), task.getByRole("cell")].map((parts) =>
        parts.evaluateAll((all) => all.map((part) => Math.round(part.getBoundingClientRect().left))),
      ),
    );
    expect(cells).toEqual(names);
    // A board has cards.
    await page.getByRole("button", { name: "Board", exact: true }).click();
    await expect(tasksTable(page)).toHaveCount(0);
    await expect(columns(page)).toHaveCount(0);
  });

  await test.step("what was last said in a session is there as it is said, and only asked for where it is shown", async () => {
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("sessions.digests")) asked.push(request.url());
    });
    await openPage(page, "/sessions?columns=profile,project,activity");
    await expect(row(page, "A shop")).toBeVisible();
    expect(asked).toEqual([]);
    await openPage(page, "/sessions?columns=project,said,tokens");
    const shop = row(page, "A shop").getByRole("cell");
    const [saidCell, tokensCell] = [shop.nth(4), shop.nth(5)];
    await expect(saidCell).toHaveText(/None$/);
    await expect(tokensCell).toHaveText(/None$/);
    expect(asked.length).toBeGreaterThan(0);
    const sessionId = (await link(page, "A shop").getAttribute("title")) ?? "";
    const runId = await api.run(sessionId, { projectId: "shop" });
    await api.post(`/runs/${runId}/claim`, { runnerId: "runner_saying", leaseMs: 3_600_000 });
    await api.post(`/runs/${runId}/commands`, { type: "turn", payload: { text: "Open it" } });
    const say = (type: string, payload: object) => api.post(`/runs/${runId}/events`, { events: [{ type, payload }] });
    await say("assistant_message", { text: "The shop is\n**open**." });
    await expect(saidCell).toHaveText(/The shop is \*\*open\*\*\.$/);
    await say("command_output", { itemId: "c", text: "one\n\u001b[32mtwo \u202e\u001b[0m\n" });
    await expect(saidCell).toHaveText(/two \\u\{202e\}$/);
    await say("command_execution", { itemId: "c", command: "bash -lc 'npm test'", status: "failed", exitCode: 3 });
    await expect(saidCell).toHaveText(/\$ npm test · exit 3$/);
    await link(page, "A shop").focus();
    await page.keyboard.press("Space");
    await expect(page.getByRole("complementary", { name: /A shop/ })).toContainText("$ npm test");
    await page.keyboard.press("Escape");
    await api.post(`/runs/${runId}/finish`, { terminalStatus: "failed", failureMessage: "out of stock" });
    await expect(saidCell).toHaveText(/failed: out of stock$/);
    await expect(saidCell.getByTitle("failed: out of stock")).toBeVisible();
    await expect(tokensCell).toHaveText(/None$/);
  });

  await test.step("in every look it can be read by everybody, and a phone's cards have the columns as lines", async () => {
    for (const looks of byDevice(EVERY_LOOK)) {
      const shown = await browser.newContext({
        ...{ baseURL: product.url, storageState: { cookies, origins: [] }, ...optionsOf(looks[0]) },
      });
      const looked = await shown.newPage();
      await openPage(looked, address);
      await expect(group(looked, "sums")).toBeVisible();
      if (looks[0].name === "phone") await expect(row(looked, "A shop").getByText("Metadata")).toBeVisible();
      await head(looked, "shop").click();
      await lookInAll(looked, looks, "columns-sessions");
      await openPage(looked, "/sessions?columns=said,tokens,activity");
      await expect(row(looked, "A shop")).toContainText("failed: out of stock");
      if (looks[0].name === "phone") await expect(row(looked, "A shop").getByText("Last said")).toBeVisible();
      await lookInAll(looked, looks, "columns-said");
      await openPage(looked, "/runs?group=session&columns=session,profile,sandbox,events,queued");
      await lookInAll(looked, looks, "columns-runs");
      await openPage(looked, "/queue?columns=lane,priority,id,attempts,metadata,since");
      await expect(tasksTable(looked)).toContainText("ticket: 7");
      await tasksTable(looked).getByRole("row").last().scrollIntoViewIfNeeded();
      await lookInAll(looked, looks, "columns-queue");
      await shown.close();
    }
  });
  await context.close();
});
