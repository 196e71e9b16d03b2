import type { Locator, Page } from "@playwright/test";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { copied, expect, expectEveryLook, LOOKS, lookInAll, openSignedIn, productOfFile, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";
import { conversation, newSession, say } from "./stories";

/** As somebody may have named it. */
const NAME = "Tokens <img src=x onerror=window.__ran=1>";
const RENAMED = "What the demo takes";
const TASK = "Look at what is new";
/** More than all of this story takes. */
const PLENTY = "50000000";
/** What is held at its limit is nobody else's to meet. */
const signedIn = productOfFile();

const rowOf = (page: Page, name: string): Locator =>
  page.getByRole("table", { name: "Budgets" }).locator("[data-row]").filter({ hasText: name });

async function act(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: /^Actions on budget/ }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

test("a budget is made, is reached, holds turns and tasks, is raised, and is changed and deleted", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const page = await openSignedIn(browser, signedIn, "/");
  // What is typed may be no budget yet, and what was deleted is gone.
  watchPage(page, { expectedErrors: /status of 4\d\d/ });
  const api = apiOf(page.request, signedIn.product.url);
  let address = "";
  let session = "";
  let task = "";
  const budgetNow = async () => (await api.get(address)) as Budget;

  await test.step("it is there by the menu and by its keys", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Budgets" }).click();
    await expect(page.getByText("No budgets yet")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await expect(page.getByRole("heading", { level: 1, name: "Queue" })).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await expect(page.getByRole("heading", { level: 1, name: "Budgets" })).toBeVisible();
  });

  await test.step("it is made by a dialog, which says what is wrong where it belongs", async () => {
    await page.getByRole("button", { name: "New budget" }).first().click();
    const dialog = page.getByRole("dialog", { name: "New budget" });
    await expect(dialog.getByLabel("Name")).toBeFocused();
    await expect(dialog.getByLabel("Limit in USD")).toBeVisible();
    await dialog.getByRole("button", { name: "Daily" }).click();
    await expect(dialog.getByText("Resets at midnight UTC.")).toBeVisible();
    await dialog.getByRole("button", { name: "One tenant" }).click();
    await dialog.getByLabel("Tenant").fill("default");
    await dialog.getByLabel("Profile").selectOption("demo");
    await lookInAll(page, LOOKS, "budget-new");
    await dialog.getByRole("button", { name: "Tokens" }).click();
    await dialog.getByLabel("Limit in tokens").fill("some");
    await dialog.getByRole("button", { name: "Create budget" }).click();
    await expect(dialog.getByLabel("Limit in tokens")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Limit in tokens").fill("1.5");
    await dialog.getByRole("button", { name: "Create budget" }).click();
    await expect(dialog.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Name").fill(NAME);
    await dialog.getByRole("button", { name: "Create budget" }).click();
    await expect(dialog.getByText("tokens are whole")).toBeVisible();
    await dialog.getByLabel("Limit in tokens").fill("10");
    await dialog.getByRole("button", { name: "Create budget" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(NAME);
    address = new URL(page.url()).pathname;
    expect(await budgetNow()).toMatchObject({
      ...{ tenantId: "default", backendProfile: "demo", period: "day", unit: "tokens", limit: 10, action: "hold" },
    });
  });

  await test.step("a turn spends it, and the next one is told that it is reached", async () => {
    await newSession(page, { profile: "demo", message: "hello" });
    session = new URL(page.url()).pathname;
    const banner = page.getByRole("status").filter({ hasText: "is reached" });
    await expect(banner).toContainText(`Budget ${NAME} is reached`, { timeout: 60_000 });
    await say(page, "And again");
    await expect(conversation(page)).toContainText(/budget .* is reached/, { timeout: 60_000 });
    await lookInAll(page, LOOKS, "session-budget-reached");
  });

  await test.step("it says so itself, in the list and on the overview", async () => {
    await openPage(page, "/budgets");
    await expect(rowOf(page, NAME)).toContainText("Over limit · blocking");
    await expect(rowOf(page, NAME)).toContainText("Profile demo");
    await expect(rowOf(page, NAME)).toContainText("of 10 tokens");
    await expectEveryLook(browser, signedIn, { address: "/budgets", name: "budgets" });
    await page.getByLabel("Search budgets").fill("nobody named one so");
    await expect(rowOf(page, NAME)).toHaveCount(0);
    await expect(page).toHaveURL(/search=nobody/);
    await page.getByLabel("Search budgets").fill("tokens");
    await expect(rowOf(page, NAME)).toBeVisible();
    await act(page, "Copy as curl");
    await expect.poll(() => copied(page)).toContain(`/api/v1${address}`);
    await rowOf(page, NAME).getByRole("link", { name: NAME }).click();
    await expect(page.getByRole("status").filter({ hasText: "Model calls are blocked" })).toBeVisible();
    await expectEveryLook(browser, signedIn, { address, name: "budget-reached" });
    await openPage(page, "/");
    const need = page.getByRole("listitem").filter({ hasText: "Budget reached" });
    await expect(need).toContainText(NAME, { timeout: 30_000 });
    await lookInAll(page, LOOKS, "overview-budget");
    await need.getByRole("link", { name: /^Raise/ }).click();
    await expect(page.getByRole("heading", { level: 1, name: NAME })).toBeVisible();
  });

  await test.step("a task waits for it, and leads to it", async () => {
    const taskId = await api.add({ title: TASK, payload: { text: "Say what is new" } });
    task = `/queue/${taskId}`;
    await openPage(page, task);
    await expect(page.getByText("The task starts once the budget is raised")).toBeVisible({ timeout: 30_000 });
    await lookInAll(page, LOOKS, "task-budget");
    await page.getByRole("link", { name: "View budget" }).click();
    await expect(page.getByRole("heading", { level: 1, name: NAME })).toBeVisible();
  });

  await test.step("it is raised from the session's page, and all goes on", async () => {
    await openPage(page, session);
    await page.getByRole("button", { name: "Raise…" }).click();
    const dialog = page.getByRole("dialog", { name: `Raise ${NAME}` });
    const field = dialog.getByLabel("New limit in tokens");
    await expect(field).toBeFocused();
    await dialog.getByRole("button", { name: /^Double/ }).click();
    await expect(dialog.getByRole("button", { name: /^Double/ })).toHaveAttribute("aria-pressed", "true");
    await field.fill("5");
    await expect(dialog.getByText("Already spent: calls stay blocked.")).toBeVisible();
    await dialog.getByRole("button", { name: "Raise", exact: true }).click();
    await expect(dialog.getByRole("alert")).toContainText("less than the budget's own");
    await lookInAll(page, LOOKS, "budget-raise");
    await field.fill(PLENTY);
    await field.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status").filter({ hasText: "is reached" })).toBeHidden();
    await say(page, "Once more");
    await expect(conversation(page).getByText("Once more", { exact: true })).toBeVisible();
    await openPage(page, task);
    await expect(page.getByRole("main").getByText("completed").first()).toBeVisible({ timeout: 60_000 });
  });

  await test.step("its page says who raised it, and that can be taken back, and undone", async () => {
    await openPage(page, address);
    await expect(page.getByText(/^Raised by .+ from 10 tokens to 50\.0M tokens/)).toBeVisible();
    await expect(page.getByRole("table", { name: "Periods" }).locator("[data-row]")).toHaveCount(1);
    await expectEveryLook(browser, signedIn, { address, name: "budget-raised" });
    await page.getByRole("button", { name: "Undo raise" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Model calls are blocked" })).toBeVisible();
    expect((await budgetNow()).current).toMatchObject({ isRaised: false, limit: 10, state: "reached" });
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await expect(page.getByText(/^Raised by /).first()).toBeVisible();
  });

  await test.step("who changes it while another does is told, and loses nothing", async () => {
    await page.getByRole("button", { name: "Edit…" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit budget" });
    await dialog.getByLabel("Name").fill(RENAMED);
    const changed = await page.request.patch(`/api/v1${address}`, {
      data: { limit: 20, action: "tell" },
      headers: { origin: signedIn.product.url },
    });
    expect(changed.ok()).toBe(true);
    await dialog.getByLabel("Name").press("Enter");
    await expect(dialog.getByRole("alert")).toContainText("Someone else changed this");
    await expect(dialog.getByLabel("Name")).toHaveValue(RENAMED);
    await expect(dialog.getByLabel("Limit in tokens")).toHaveValue("20");
    await expect(dialog.getByLabel("Warn", { exact: true })).toBeChecked();
    await lookInAll(page, LOOKS, "budget-changed-meanwhile");
    await dialog.getByLabel("Warn at (%)").fill("");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(RENAMED);
    expect(await budgetNow()).toMatchObject({ name: RENAMED, limit: 20, warnPercent: null, action: "tell" });
  });

  await test.step("what each session has for itself is listed by session, and raised for one", async () => {
    const { id } = (await api.post("/budgets", {
      ...{ name: "Each session", tenantId: "default", period: "session", unit: "tokens", limit: 10 },
    })) as Budget;
    await openPage(page, session);
    await say(page, "One more thing");
    await expect(page.getByRole("status").filter({ hasText: "Budget Each session is reached" })).toBeVisible({
      timeout: 60_000,
    });
    await openPage(page, `/budgets/${id}`);
    const sessions = page.getByRole("table", { name: "Sessions" }).locator("[data-row]");
    await expect(sessions).toHaveCount(1);
    await expectEveryLook(browser, signedIn, { address: `/budgets/${id}`, name: "budget-sessions" });
    await sessions.getByRole("button", { name: /^Raise for ses_/ }).click();
    const dialog = page.getByRole("dialog", { name: "Raise Each session" });
    await expect(dialog).toContainText("Applies for the life of the session.");
    await dialog.getByLabel("New limit in tokens").fill(PLENTY);
    await dialog.getByRole("button", { name: "Raise", exact: true }).click();
    await expect(sessions).toContainText("Within limit");
    const { items } = (await api.get(`/budgets/${id}/periods`)) as { items: BudgetPeriod[] };
    expect(items).toEqual([expect.objectContaining({ isRaised: true, sessionId: session.split("/").at(-1) })]);
  });

  await test.step("it is deleted, and its page is that of nothing", async () => {
    await openPage(page, address);
    await act(page, "Delete…");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Nobody is warned any more.");
    await dialog.getByRole("button", { name: "Delete budget" }).click();
    await expect(page).toHaveURL(/\/budgets$/);
    await expect(rowOf(page, RENAMED)).toHaveCount(0);
    await openPage(page, address);
    await expect(page.getByText("It may have been deleted, or it belongs to another tenant.")).toBeVisible();
  });
  await page.context().close();
});
