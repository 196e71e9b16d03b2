import type { Locator, Page } from "@playwright/test";
import type { Schedule, ScheduleFiring, ScheduleTask } from "@/contract/schedule";
import { copied, expect, expectEveryLook, LOOKS, lookInAll, openSignedIn, productOfFile, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";

/** As somebody may have named it. */
const NAME = "Watch <img src=x onerror=window.__ran=1>";
const RENAMED = "Watch the repository";
const TITLE = "Look at what is new";
/** Its clock runs every minute: what it adds is nobody else's to meet. */
const signedIn = productOfFile();

const times = (page: Page): Locator => page.getByRole("table", { name: "Run history" }).locator("[data-row]");

async function act(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: /^Actions on schedule/ }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

test("a schedule is made, adds a task when it is told to and when its time comes, and is changed, paused and deleted", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const page = await openSignedIn(browser, signedIn, "/");
  // What is typed may be no plan yet, and what was deleted is gone.
  watchPage(page, { expectedErrors: /status of 40[049]/ });
  const api = apiOf(page.request, signedIn.product.url);
  let address = "";
  const scheduleNow = async () => (await api.get(address)) as Schedule;
  const firings = async () => ((await api.get(`${address}/firings`)) as { items: ScheduleFiring[] }).items;

  await test.step("it is there by the menu and by its keys", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Schedules" }).click();
    await expect(page.getByText("No schedules yet")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await expect(page.getByRole("heading", { level: 1, name: "Queue" })).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await expect(page.getByRole("heading", { level: 1, name: "Schedules" })).toBeVisible();
  });

  await test.step("a plan is chosen or written, and the server says when it comes", async () => {
    await page.getByRole("button", { name: "New schedule" }).first().click();
    const dialog = page.getByRole("dialog", { name: "New schedule" });
    await expect(dialog.getByLabel("Name")).toBeFocused();
    const preview = dialog.getByRole("region", { name: "Next runs" });
    await expect(preview).toContainText("At 09:00");
    await dialog.getByRole("button", { name: "Weekly" }).click();
    await dialog.getByLabel("Day").selectOption("Friday");
    await dialog.getByLabel("Time", { exact: true }).fill("17:05");
    await expect(dialog.getByLabel("Cron")).toHaveValue("5 17 * * FRI");
    await expect(preview).toContainText("At 17:05, only on Friday");
    await expect(preview.getByRole("listitem")).toHaveCount(5);
    await dialog.getByLabel("Time zone").fill("Asia/Tokyo");
    await expect(preview).toContainText("08:05 UTC your time");
    await dialog.getByLabel("Ends").fill("2020-01-01T00:00");
    await expect(dialog.getByLabel("Ends")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Starts").fill("2126-01-01T00:00");
    await dialog.getByLabel("Ends").fill("2126-01-05T00:00");
    await expect(preview.getByRole("listitem")).toHaveText([/4 Jan 2126.*08:05 UTC your time/]);
    await lookInAll(page, LOOKS, "schedule-new");
    await dialog.getByLabel("Starts").fill("");
    await dialog.getByLabel("Ends").fill("");
    await dialog.getByLabel("Cron").fill("99 * * * *");
    await expect(dialog.getByLabel("Cron")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Time zone").fill("Mars/Olympus");
    await expect(dialog.getByLabel("Time zone")).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByRole("alert").filter({ hasText: "IANA" })).toBeVisible();
    await dialog.getByLabel("Cron").fill("* * * * *");
    await dialog.getByLabel("Time zone").fill("UTC");
    await expect(preview).toContainText("Every minute");
    await expect(dialog.getByRole("button", { name: "Cron", exact: true })).toHaveAttribute("aria-pressed", "true");
  });

  await test.step("what is missing is said where it belongs, and what was typed stays", async () => {
    const dialog = page.getByRole("dialog", { name: "New schedule" });
    await dialog.getByLabel("Prompt").fill("Say what is new");
    await dialog.getByRole("button", { name: "Create schedule" }).click();
    await expect(dialog.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByLabel("Prompt")).toHaveValue("Say what is new");
    await dialog.getByLabel("Name").fill(NAME);
    await dialog.getByLabel("Title").fill(TITLE);
    await dialog.getByLabel("Queue", { exact: true }).fill("watch");
    await dialog.getByRole("button", { name: "Create schedule" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(NAME);
    address = new URL(page.url()).pathname;
    expect(await scheduleNow()).toMatchObject({ cron: "* * * * *", overlap: "skip", task: { queue: "watch" } });
  });

  await test.step("one is added now, and runs to its end", async () => {
    await page.getByRole("button", { name: "Run now" }).click();
    await expect(page.getByText(`Added: ${TITLE}`)).toBeVisible();
    const byHand = times(page).filter({ hasText: "run manually" });
    await expect(byHand).toContainText("Created");
    await expect(byHand).toContainText("Completed", { timeout: 60_000 });
    await expect(page.getByRole("img", { name: /^Last \d+ runs?: \d+ completed/ })).toBeVisible();
    await byHand.getByRole("link", { name: /^qt_/ }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
    await page.getByRole("link", { name: "Schedule", exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`${address}$`));
    await byHand.getByRole("link", { name: "Session" }).click();
    await expect(page).toHaveURL(/\/sessions\/ses_/);
  });

  await test.step("its time comes by the clock", async () => {
    await openPage(page, address);
    const byClock = times(page).filter({ hasNotText: "run manually" });
    await expect(byClock.first()).toContainText(/Created|Skipped/, { timeout: 75_000 });
    for (const { isManual, outcome } of await firings())
      if (!isManual) expect(["created", "skipped"]).toContain(outcome);
    await expectEveryLook(browser, signedIn, { address, name: "schedule" });
    await expectEveryLook(browser, signedIn, { address: "/schedules", name: "schedules" });
  });

  await test.step("the list tells when it comes and what came of it last, and can be searched", async () => {
    await page.getByRole("link", { name: "All schedules" }).click();
    const row = page.getByRole("table", { name: "Schedules" }).locator("[data-row]").filter({ hasText: NAME });
    await expect(row).toContainText("Every minute");
    await expect(row).toContainText("watch / default");
    await expect(row).toContainText("Active");
    await page.getByLabel("Search schedules").fill("nobody named one so");
    await expect(row).toHaveCount(0);
    await expect(page).toHaveURL(/search=nobody/);
    await page.getByLabel("Search schedules").fill("watch");
    await expect(row).toBeVisible();
    await act(page, "Copy run now as curl");
    await expect.poll(() => copied(page)).toContain(`/api/v1${address}/trigger`);
    await act(page, "Pause");
    await expect(row).toContainText("Paused");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(row).toContainText("Active");
    await act(page, "Pause");
    await expect(row).toContainText("Paused");
    await row.getByRole("link", { name: NAME }).click();
    await expect(page.getByText("Runs that come due are skipped")).toBeVisible();
    await expect(page.getByText("None while paused")).toBeVisible();
    await lookInAll(page, LOOKS, "schedule-paused");
  });

  await test.step("who changes it while another does is told, and loses nothing", async () => {
    await page.getByRole("button", { name: "Edit…" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit schedule" });
    await dialog.getByLabel("Name").fill(RENAMED);
    const changed = await page.request.patch(`/api/v1${address}`, {
      data: { overlap: "replace" },
      headers: { origin: signedIn.product.url },
    });
    expect(changed.ok()).toBe(true);
    await dialog.getByLabel("Name").press("Enter");
    await expect(dialog.getByRole("alert")).toContainText("Someone else changed this");
    await expect(dialog.getByLabel("Name")).toHaveValue(RENAMED);
    await expect(dialog.getByLabel("Name")).toBeFocused();
    await expect(dialog.getByLabel("Replace")).toBeChecked();
    await lookInAll(page, LOOKS, "schedule-changed-meanwhile");
    await dialog.getByLabel("Run both").check();
    // What the form has a field for, and what it has none for.
    await dialog.getByRole("button", { name: "JSON" }).click();
    const json = dialog.getByLabel("Task JSON");
    const task = JSON.parse(await json.inputValue()) as ScheduleTask;
    await json.fill(JSON.stringify({ ...task, surprise: 1 }));
    await expect(dialog.getByText('Unrecognized key: "surprise"')).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
    await json.fill(JSON.stringify({ ...task, lane: "night", references: [{ ticket: 7 }] }));
    await expect(dialog.getByText("Valid task")).toBeVisible();
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(RENAMED);
    expect(await scheduleNow()).toMatchObject({
      name: RENAMED,
      overlap: "allow",
      isPaused: true,
      task: { lane: "night" },
    });
    await page.getByRole("button", { name: "Edit…" }).click();
    await expect(dialog.getByText("This task has settings that the form can't show.")).toBeVisible();
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  await test.step("it goes on, and says why a time brought no task", async () => {
    await api.post("/queue/controls/drain", { queue: "watch", reason: "a move" });
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByText("Runs that come due are skipped")).toBeHidden();
    await expect(page.getByRole("status").filter({ hasText: /added no task: .* is being drained/ })).toBeVisible({
      timeout: 140_000,
    });
    await page.getByRole("button", { name: "Rejected", exact: true }).click();
    await expect(page).toHaveURL(/\?outcome=refused/);
    await expect(times(page).first()).toContainText("Rejected");
    await lookInAll(page, LOOKS, "schedule-failing");
    await page.getByRole("button", { name: "Missed", exact: true }).click();
    await expect(page.getByText("No missed runs.")).toBeVisible();
  });

  await test.step("it is deleted, and its page is that of nothing", async () => {
    await act(page, "Delete…");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Existing tasks are kept.");
    await dialog.getByRole("button", { name: "Delete schedule" }).click();
    await expect(page).toHaveURL(/\/schedules$/);
    await expect(page.getByText("No schedules yet")).toBeVisible();
    expect(((await api.get("/schedules")) as { items: Schedule[] }).items).toEqual([]);
    await openPage(page, address);
    await expect(page.getByText("It may have been deleted, or it belongs to another tenant.")).toBeVisible();
  });
  await page.context().close();
});
