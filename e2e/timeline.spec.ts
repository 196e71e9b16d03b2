import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { byDevice, expect, LIGHT, LOOKS, look, lookInAll, newSignedIn, optionsOf, ready, test } from "./fixtures";
import { conversation, endRuns, newSession, say, sessionOf } from "./stories";

const waterfall = (page: Page) => page.getByRole("group", { name: "Waterfall" });
const NARROW = { ...LIGHT, name: "narrow", viewport: { width: 360, height: 740 } };
const tab = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Session" }).getByRole("link", { name, exact: true });

test("a turn that waits for a person is seen in the waterfall as it goes, and each part of it leads to its event", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const { product, storageState } = shared;
  const page = await newSignedIn(browser, shared);
  watchPage(page);

  await test.step("while its approval waits, the timeline says so and grows", async () => {
    await newSession(page, { profile: "demo", message: "RUN `echo first` then ASK `echo allowed-by-a-person`" });
    await expect(page.getByRole("button", { name: "Accept", exact: true })).toBeVisible({ timeout: 60_000 });
    await tab(page, "Timeline").click();
    const open = waterfall(page).getByRole("link", { name: /^Approval: .*echo allowed-by-a-person.*in progress$/ });
    await expect(open).toBeVisible();
    await expect(waterfall(page).getByRole("link", { name: /^Waiting for approval/ })).toBeVisible();
    await expect(waterfall(page).getByRole("link", { name: /^Launch, .*completed$/ })).toBeVisible();
    await look(page, "timeline-waiting");
    await tab(page, "Conversation").click();
    await page.getByRole("button", { name: "Accept", exact: true }).click();
    await tab(page, "Timeline").click();
    // Nothing was reloaded: the answer came by the stream.
    await expect(waterfall(page).getByRole("link", { name: /^Approval: .*accepted$/ })).toBeVisible({
      timeout: 40_000,
    });
    await expect(waterfall(page).getByRole("link", { name: /^Turn 1, .*completed$/ })).toBeVisible({ timeout: 40_000 });
  });

  await test.step("a click on a part of it goes to its event, and so does Enter", async () => {
    await waterfall(page)
      .getByRole("link", { name: /^Command: .*echo first.*completed$/ })
      .click();
    await expect(page).toHaveURL(/tab=trace&run=run_\w+#e\d+$/);
    await expect(page.getByRole("group", { name: "Events", exact: true })).toContainText("echo first");
    const [, clickedSeq] = /#e(\d+)$/.exec(page.url()) ?? [];
    await expect(
      page.getByRole("button", { name: new RegExp(`^${clickedSeq} .*command_execution`), expanded: true }),
    ).toBeVisible();

    await tab(page, "Timeline").click();
    await waterfall(page).getByRole("link").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect(page.locator("[data-readout]")).toContainText(/Command: .*echo/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("+");
    await expect(page.getByRole("button", { name: "Show all" })).toBeEnabled();
    await page.keyboard.press("0");
    await expect(page.getByRole("button", { name: "Show all" })).toBeDisabled();
    const name = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    expect(name).not.toBe("");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/tab=trace&run=run_\w+#e\d+$/);
  });

  await test.step("wheel, buttons and dragging show a part of it; the same is there as a table", async () => {
    await tab(page, "Timeline").click();
    await expect(waterfall(page).getByRole("link").first()).toBeVisible();
    const box = await waterfall(page).boundingBox();
    if (box === null) throw new Error("the waterfall is not shown");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4);
    await expect(page.locator("[data-readout]")).toContainText(/\d\d:\d\d:\d\d\.\d{3}\s*\+/);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -600);
    await page.keyboard.up("Control");
    await expect(page.getByRole("button", { name: "Show all" })).toBeEnabled();
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.getByRole("button", { name: "Later" }).click();
    await expect(page).toHaveURL(/from=[\d.]+&to=[\d.]+/);
    await page.reload();
    await ready(page);
    await expect(page.getByRole("button", { name: "Show all" })).toBeEnabled();
    await page.getByRole("button", { name: "Show all" }).click();
    await expect(page).not.toHaveURL(/from=/);
    await page.getByRole("button", { name: "Table" }).click();
    await expect(page).toHaveURL(/table=true/);
    const table = page.getByRole("table", { name: "Timeline" });
    await expect(table.getByRole("row").filter({ hasText: "Approval: " })).toContainText("Accepted");
    await table.getByRole("link", { name: /^Approval: / }).click();
    await expect(page).toHaveURL(/tab=trace&run=run_\w+#e\d+$/);
  });

  await test.step("changed files are shown, by turn and together", async () => {
    await tab(page, "Changes").click();
    await expect(page.getByText("No files changed")).toBeVisible();
    await tab(page, "Conversation").click();
    await say(page, "Please write a file");
    await expect(conversation(page)).toContainText("was written and then improved", { timeout: 60_000 });
    await tab(page, "Changes").click();
    await expect(page.getByRole("navigation", { name: "Changed files" })).toContainText("hello.py");
    await expect(page.getByRole("group", { name: "Changes to hello.py" })).toContainText("def greet(name)");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download patch" }).click();
    const patch = await readFile(await (await download).path(), "utf8");
    expect(patch).toMatch(/^Subject: \[PATCH\] .*\n[\s\S]*^\+\+\+ b\/hello\.py$/m);
    await look(page, "changes");
  });

  await test.step("the files that the agent left are listed, read and downloaded", async () => {
    await tab(page, "Files").click();
    const files = page.getByRole("list", { name: "Files" });
    // The archive follows the turn, and the list follows the archive.
    await expect(files.getByRole("link", { name: /^hello\.py/ })).toBeVisible({ timeout: 40_000 });
    await look(page, "files");
    await files.getByRole("link", { name: /^hello\.py/ }).click();
    await expect(page).toHaveURL(/tab=files&file=hello\.py$/);
    const file = page.getByRole("region", { name: "hello.py" });
    await expect(file).toContainText("def greet(name)");
    await expect(file).toContainText(/\d+ lines · \d+ B/);
    await look(page, "file");
    const [one] = await Promise.all([
      page.waitForEvent("download"),
      file.getByRole("link", { name: "Download" }).click(),
    ]);
    expect(one.suggestedFilename()).toBe("hello.py");
    expect(await readFile(await one.path(), "utf8")).toContain("def greet(name)");
    const [all] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download all" }).click(),
    ]);
    expect(all.suggestedFilename()).toBe(`${sessionOf(page)}.tar.gz`);
    await page.goBack();
    await expect(file).toBeHidden();
    await expect(files).toBeVisible();
  });

  await endRuns(page);
  const sessionId = sessionOf(page);
  for (const looks of byDevice([...LOOKS, NARROW])) {
    const looking = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const other = await looking.newPage();
    watchPage(other);
    for (const [name, shown] of [
      ["timeline", waterfall(other).getByRole("link").first()],
      ["timeline&table=true", other.getByRole("table", { name: "Timeline" })],
      ["changes", other.getByRole("navigation", { name: "Changed files" })],
      ["files", other.getByRole("list", { name: "Files" })],
      ["files&file=hello.py", other.getByRole("region", { name: "hello.py" })],
    ] as const) {
      await other.goto(`/sessions/${sessionId}?tab=${name}`);
      await ready(other);
      await expect(shown).toBeVisible();
      await lookInAll(other, looks, `session-${name.replace(/\W/g, "-")}`);
    }
    await looking.close();
  }
});

test("a run says how far it came, why it failed and what that means, and is run again", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(180_000);
  const page = await newSignedIn(browser, shared);
  watchPage(page);
  await newSession(page, { profile: "demo", message: "Please fail" });
  await tab(page, "Runs 1").click();
  await page.getByRole("table", { name: "Runs" }).getByRole("link").first().click();
  const steps = page.getByRole("list", { name: "Steps of this run" });
  await expect(steps.getByRole("listitem").filter({ hasText: "Turn" })).toContainText("failed", { timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Last turn failed: backend error" })).toContainText("on purpose");
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await expect(page.getByRole("menuitem", { name: "Copy cancel as curl" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
  await expect(steps).toContainText("Ended", { timeout: 40_000 });
  const why = page.getByRole("region", { name: /^Cancelled/ });
  await expect(why.getByRole("link", { name: "Learn more" })).toHaveAttribute("href", "/docs/runs#cancelled");
  await look(page, "run-ended");
  const before = page.url();

  await page.getByRole("button", { name: "Run again…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run again" });
  await expect(dialog.getByLabel("Message")).toHaveValue("Please fail");
  await dialog.getByLabel("Message").fill("ASK `echo once more`");
  await dialog.getByRole("button", { name: "New run with these settings" }).click();
  await expect(page).not.toHaveURL(before);
  await expect(page).toHaveURL(/\/runs\/run_/);
  const waits = page.getByRole("region", { name: "Needs approval" });
  await expect(waits.getByRole("link", { name: "Open approval" })).toBeVisible({ timeout: 60_000 });
  await lookInAll(page, LOOKS, "run-waits");
  await waits.getByRole("link", { name: "Open approval" }).click();
  await page.getByRole("button", { name: "Decline", exact: true }).click();
  await endRuns(page);
  await page.context().close();
});
