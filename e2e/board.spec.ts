import type { Page } from "@playwright/test";
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
import { apiOf, openPage, rowOf } from "./queue-stories";

const column = (page: Page, name: string) => page.getByRole("list", { name: new RegExp(`^${name} `) });
const cardOf = (page: Page, title: string) =>
  page.locator("li[data-row]").filter({ has: page.getByRole("link", { name: title, exact: true }) });
const link = (page: Page, title: string) => cardOf(page, title).getByRole("link", { name: title, exact: true });

// One product for both, in this order: the first begins with an empty queue.
const signedIn = productOfFile();

test("the board is run from the keyboard, and its cards go where their tasks go", async ({ browser, watchPage }) => {
  test.setTimeout(600_000);
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  const api = apiOf(page.request, signedIn.product.url);
  await api.post("/queue/controls/pause", { queue: "default", reason: "until all are there" });
  for (const lane of ["build", "docs"])
    for (const n of ["one", "two", "three"])
      await api.add({ lane, title: `${lane} ${n}`, payload: { text: "Say hello" } });

  await test.step("the table comes first; the board is chosen, and stands in the address", async () => {
    await openPage(page, "/queue");
    await expect(page.getByRole("table", { name: "Tasks" })).toBeVisible();
    await page.getByRole("button", { name: "Board", exact: true }).click();
    await expect(page).toHaveURL(/as=board/);
    await expect(column(page, "Waiting").getByRole("listitem")).toHaveCount(6);
    await expect(page.getByRole("heading", { name: "Waiting 6 tasks" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Parked 0 tasks" })).toBeVisible();
    await expect(cardOf(page, "build one")).toContainText("until all are there");
    await page.reload();
    await ready(page);
    await expect(column(page, "Waiting").getByRole("listitem")).toHaveCount(6);
  });

  await test.step("keys go through the cards, choose them, raise one and take it back", async () => {
    await page.keyboard.press("j");
    await expect(link(page, "build one")).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(link(page, "build two")).toBeFocused();
    await page.keyboard.press("x");
    await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toContainText("1 task selected");
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("+");
    await expect(page.getByText("Priority 0 → 1: build three")).toBeVisible();
    await expect(column(page, "Waiting").getByRole("listitem").first()).toContainText("build three");
    await expect(link(page, "build three")).toBeFocused();
    await page
      .locator("[data-sonner-toast]")
      .filter({ hasText: "Priority 0 → 1: build three" })
      .getByRole("button", { name: "Undo" })
      .click();
    await expect(column(page, "Waiting").getByRole("listitem").first()).toContainText("build one");
  });

  await test.step("a look into a card goes on with the arrows, and gives the focus back", async () => {
    const panel = peekOf(page);
    await link(page, "build one").focus();
    await page.keyboard.press("Space");
    await expect(panel).toContainText("until all are there");
    await expect(panel).toContainText("Say hello");
    await page.keyboard.press("ArrowDown");
    await expect(panel.getByRole("heading", { level: 2 }).first()).toHaveText("build two");
    // The address is written a moment later, and has told of the one before until then.
    const address = await link(page, "build two").getAttribute("href");
    await expect(page).toHaveURL(new RegExp(`look=${address?.split("/").pop()}`));
    await page.reload();
    await ready(page);
    await expect(panel.getByRole("heading", { level: 2 }).first()).toHaveText("build two");
    await expect(link(page, "build two")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(panel).toBeHidden();
    await expect(link(page, "build two")).toBeFocused();
  });

  await test.step("a card goes to another lane, says so for a moment, and comes back", async () => {
    await page.getByRole("button", { name: "By lane" }).click();
    await expect(page).toHaveURL(/by=lane/);
    await expect(column(page, "build").getByRole("listitem")).toHaveCount(3);
    await link(page, "docs one").focus();
    await page.keyboard.press("h");
    await expect(link(page, "build one")).toBeFocused();
    await page.keyboard.press("l");
    await expect(link(page, "docs one")).toBeFocused();
    await page.keyboard.press("m");
    const menu = page.getByRole("dialog", { name: "Move to another lane" });
    await expect(menu.getByRole("button", { name: "build" })).toBeFocused();
    // It is marked for a moment: from before the press on it is looked at with every picture that is drawn.
    const marked = page.waitForFunction(() =>
      [...document.querySelectorAll("[data-moved]")].some((card) => card.textContent?.includes("docs one")),
    );
    await page.keyboard.press("Enter");
    await marked;
    await expect(column(page, "build").getByRole("listitem")).toHaveCount(4);
    await expect(cardOf(page, "docs one")).not.toHaveAttribute("data-moved");
    await page
      .locator("[data-sonner-toast]")
      .filter({ hasText: "Moved to build: docs one" })
      .getByRole("button", { name: "Undo" })
      .click();
    await expect(column(page, "docs").getByRole("listitem")).toHaveCount(3);
  });

  await test.step("all are chosen by a key, and let go by the same", async () => {
    await page.getByRole("button", { name: "By state" }).click();
    await expect(column(page, "Waiting").getByRole("listitem")).toHaveCount(6);
    await link(page, "build one").focus();
    await page.keyboard.press("*");
    await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toContainText("6 tasks selected");
    await page.keyboard.press("*");
    await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toHaveCount(0);
  });

  await test.step("a card opens its task, which is read then", async () => {
    await expect(cardOf(page, "build one")).toContainText("Unread");
    await link(page, "build one").press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toContainText("build one");
    await page.goBack();
    await expect(cardOf(page, "build one")).not.toContainText("Unread");
    await link(page, "build two").focus();
    await page.keyboard.press("u");
    await expect(cardOf(page, "build two")).not.toContainText("Unread");
  });

  await test.step("the queue goes on, and the cards go through their columns to the last", async () => {
    await page.getByRole("button", { name: "Resume default", exact: true }).first().click();
    await expect(column(page, "Completed").getByRole("listitem")).toHaveCount(6, { timeout: 240_000 });
    await expect(page.getByRole("heading", { name: "Completed 6 tasks" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Waiting 0 tasks" })).toBeVisible();
  });

  await test.step("a task is typed as JSON, checked as it is typed, and found by its title", async () => {
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "Add task" });
    await dialog.getByLabel("Title").fill("typed by hand");
    await dialog.getByText("Workspace, policy, output schema and references").click();
    await dialog.getByLabel("References").fill("https://example.org/1");
    const schema = dialog.getByLabel("Output JSON Schema");
    await schema.fill(
      '{ "type": "object", "properties": { "verdict": { "type": "string" }, "score": { "type": "integer" } } }',
    );
    await dialog.getByRole("button", { name: "JSON" }).click();
    const json = dialog.getByLabel("Task JSON");
    await expect(json).toHaveValue(/"references": \[\s+"https:\/\/example.org\/1"/);
    const right = await json.inputValue();
    await json.fill(right.replace('"priority": 0', '"priority": "high"'));
    await expect(dialog.getByRole("status")).toContainText("priority: ");
    await expect(dialog.getByRole("button", { name: "Add task" })).toBeDisabled();
    await look(page, "task-json");
    await json.fill(right);
    await expect(dialog.getByRole("status")).toContainText("Valid task");
    await dialog.getByRole("button", { name: "Add task" }).click();
    await expect(dialog).toBeHidden();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("typed by");
    await page
      .getByRole("option")
      .filter({ hasText: "typed by hand" })
      .filter({ hasText: "default / default" })
      .click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("typed by hand");
    const result = page.getByRole("group").filter({ hasText: "Structured result" });
    await expect(result).toContainText('"verdict": "the demo\'s verdict"', { timeout: 120_000 });
    await look(page, "task-output");
    const taskAddress = page.url();
    await page.getByRole("link", { name: "Open session" }).click();
    await expect(result).toContainText('"verdict": "the demo\'s verdict"');
    await look(page, "conversation-output");
    await page.goto(taskAddress);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("saved views");
    await page.getByRole("option", { name: /Saved views/ }).click();
    await expect(page).toHaveURL(/\/docs\/console#saved-views/);
  });
  await page.context().close();
});

test("the board is accessible in every theme, and a phone shows a column at a time", async ({ browser, watchPage }) => {
  test.setTimeout(600_000);
  const { product, storageState } = signedIn;
  const first = await newSignedIn(browser, signedIn);
  const api = apiOf(first.request, product.url);
  const failing = await api.add({ title: "one that fails", payload: { text: "Please fail" }, lane: "done" });
  await expect.poll(async () => (await api.task(failing)).state, { timeout: 120_000 }).toBe("failed");
  await api.post("/queue/controls/pause", { queue: "default", reason: "for a while" });
  for (const n of [1, 2, 3]) await api.add({ title: `one that waits, number ${n}, under a longer name`, priority: n });
  await api.add({ title: "another lane", lane: "a-lane" });
  for (const looks of byDevice(EVERY_LOOK)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    for (const by of ["state", "lane"]) {
      await openPage(page, `/queue?as=board&by=${by}`);
      // A phone shows the first column alone.
      const card = cardOf(page, by === "lane" ? "another lane" : "one that waits, number 3, under a longer name");
      await expect(card).toBeVisible();
      await card.evaluate((shown) => shown.scrollIntoView({ block: "center" }));
      await lookInAll(page, looks, `board-${by}`);
    }
    await openPage(page, "/queue");
    const row = rowOf(page, "another lane");
    await row.evaluate((shown) => shown.scrollIntoView({ block: "center" }));
    await row.getByRole("button", { name: "Actions on another lane" }).click();
    await expect(page.getByRole("menuitem", { name: "Move to another lane…" })).toBeVisible();
    await lookInAll(page, looks, "task-menu");
    if (looks[0].name === "phone") {
      await openPage(page, "/queue?as=board");
      await expect(column(page, "Failed")).toBeHidden();
      await page
        .getByRole("group", { name: "Column", exact: true })
        .getByRole("button", { name: /^Failed/ })
        .click();
      await expect(page).toHaveURL(/column=failed/);
      await expect(column(page, "Failed")).toContainText("one that fails");
      await expect(column(page, "Waiting")).toBeHidden();
      await lookInAll(page, looks, "board-failed");
    }
    await context.close();
  }
  await first.context().close();
});
