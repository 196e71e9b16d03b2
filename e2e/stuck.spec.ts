import type { Page } from "@playwright/test";
import { DESK, expect, look, PHONE, ready, signIn, test } from "./fixtures";
import { Product, waitUntil } from "./product";
import { conversation, newSession, say } from "./stories";

/** Short, so that nobody waits ten minutes for a story. */
const STUCK_AFTER_MS = 4_000;

/** From the first page, as somebody does who was woken at two in the morning and has read nothing. */
async function findStuck(page: Page, title: RegExp): Promise<void> {
  await page.goto("/");
  await ready(page);
  await expect(page.getByRole("heading", { name: /^Needs attention/ })).toBeVisible({ timeout: 60_000 });
  const needs = page.locator("section").filter({ has: page.getByRole("heading", { name: /^Needs attention/ }) });
  const row = needs.getByRole("listitem").filter({ hasText: title });
  await expect(row).toContainText("No output", { timeout: 60_000 });
  await expect(row).toContainText("has produced no output for a long time");
  await look(page, `stuck-found-${page.viewportSize()?.width}`);
  await row.getByRole("link", { name: /^Open: / }).click();
  await expect(page.getByText(/No events for .* Interrupt the turn/)).toBeVisible();
  await look(page, `stuck-understood-${page.viewportSize()?.width}`);
}

test("a stuck agent is found, understood and unstuck from what the pages say", async ({ browser, watchPage }) => {
  test.setTimeout(300_000);
  await using product = await Product.start({ AGENTRUN_STUCK_AFTER_MS: String(STUCK_AFTER_MS) });
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  watchPage(page);
  await signIn(page, product);

  await test.step("a command that does not come to its end is interrupted, and the conversation goes on", async () => {
    await newSession(page, { profile: "demo", message: "RUN `sleep 36021`" });
    await expect(conversation(page)).toContainText("sleep 36021", { timeout: 60_000 });
    await findStuck(page, /sleep 36021/);
    await expect(conversation(page), "what it hangs in is there to see").toContainText("sleep 36021");
    await page.getByRole("button", { name: "Interrupt", exact: true }).click();
    await expect(page.getByText("The last turn was cancelled.").first()).toBeVisible({ timeout: 60_000 });
    await say(page, "RUN `echo it goes on`");
    await expect(conversation(page)).toContainText("it goes on", { timeout: 60_000 });
    await expect(page.getByText("The last turn is done.").first()).toBeVisible({ timeout: 60_000 });
  });

  await test.step("on a phone one that answers to nothing is ended with its run, and the conversation goes on", async () => {
    await page.setViewportSize(PHONE);
    await newSession(page, { profile: "demo", message: "RUN `sleep 36022`" });
    await expect(conversation(page)).toContainText("sleep 36022", { timeout: 60_000 });
    const codex = () => product.processes((command) => /codex.*app-server/.test(command));
    const atWork = () => product.processes((command) => command.includes("sleep 36022"));
    await waitUntil(() => atWork().length > 0, "its command to run", 60_000);
    for (const pid of codex()) process.kill(pid, "SIGSTOP");
    await findStuck(page, /sleep 36022/);
    await page.getByRole("button", { name: "Session actions" }).click();
    await page.getByRole("menuitem", { name: "Cancel run…", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel run" });
    await dialog.getByLabel("Reason").fill("it hangs");
    await dialog.getByRole("button", { name: "Cancel run" }).click();
    await expect(page.getByText("The last turn was cancelled.").first()).toBeVisible({ timeout: 90_000 });
    await say(page, "RUN `echo after all`");
    await expect(conversation(page)).toContainText("after all", { timeout: 60_000 });
    await expect(page.getByText("The last turn is done.").first()).toBeVisible({ timeout: 60_000 });
    await page.setViewportSize(DESK);
  });
  await context.close();
});
