import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import type { RunJob } from "@/contract/run-job";
import type { Runner } from "@/contract/runner";
import { copied, expect, expectEveryLook, openSignedIn, ready, startSignedIn, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";

const log = (page: Page) => page.getByRole("log", { name: "Log" });
const tab = (page: Page, name: string) => page.getByRole("navigation", { name: "Run" }).getByRole("link", { name });

type WithTops = Window & { tops?: number[] };

/** In the page: notes each place at which a link of that name was seen, in pixels from the top. */
function noteTops(name: string): void {
  const tops: number[] = [];
  (window as WithTops).tops = tops;
  const look = () => {
    const link = [...document.querySelectorAll("a")].find(({ textContent }) => textContent === name);
    const top = link?.getBoundingClientRect().top;
    if (top !== undefined && top !== tops.at(-1)) tops.push(top);
    requestAnimationFrame(look);
  };
  look();
}

test("what a runner writes is followed; killed, it leaves its log and how its process ended, and the failed run leads there", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const signedIn = await startSignedIn(browser);
  await using product = signedIn.product;
  const page = await openSignedIn(browser, signedIn, "/runs");
  watchPage(page);
  const api = apiOf(page.request, product.url);
  await api.post("/sessions", { sessionId: "ses_log", backendProfile: "demo", title: "Bound to be killed" });
  const runId = await api.run("ses_log", { executionPolicy: { onLost: "ask", approval: "never" } });

  await test.step("before there is a runner the log says so, and fills once there is one", async () => {
    await openPage(page, `/runs/${runId}?tab=log`);
    await expect(page.getByText("No runner was started for it yet.")).toBeVisible();
    await api.post(`/runs/${runId}/commands`, { type: "turn", payload: { text: "RUN `sleep 36031`" } });
    await expect(log(page)).toContainText("claimed  leaseEpoch=1", { timeout: 60_000 });
    await expect(log(page), "it is followed").toContainText("turn started", { timeout: 30_000 });
    await expect(log(page)).toHaveAttribute("role", "log");
    await expect(page.getByRole("button", { name: "Follow" })).toHaveAttribute("aria-pressed", "true");
  });

  let pid = 0;
  await test.step("its process is told", async () => {
    const job = (await api.get(`/runs/${runId}/job`)) as RunJob;
    expect(job).toMatchObject({ source: "live", executor: "local", details: { job: null, pod: null } });
    pid = job.details?.process?.pid ?? 0;
    const { items } = (await api.get(`/runners?runId=${runId}`)) as { items: Runner[] };
    expect(items[0]?.metadata.pid).toBe(pid);
    await tab(page, "Job").click();
    await expect(page.getByRole("heading", { name: "Process" })).toBeVisible();
    await expect(page.getByText(String(pid), { exact: true })).toBeVisible();
    await expect(page.getByText("Still running")).toBeVisible();
  });

  await test.step("killed, its end is shown by itself, and what it was is kept", async () => {
    process.kill(pid, "SIGKILL");
    await expect(page.getByText("SIGKILL")).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText("The attempt has ended. This was saved when it did.")).toBeVisible();
    await expectEveryLook(browser, signedIn, { address: `/runs/${runId}?tab=job`, name: "run-job" });
  });

  await test.step("the failed run's card leads to the log, which is read by keys alone", async () => {
    const why = page.getByRole("region", { name: "Run failed: runner lost" });
    const link = why.getByRole("link", { name: "Runner log" });
    await page.addInitScript(noteTops, "Runner log");
    await openPage(page, `/runs/${runId}`);
    await expect(page.getByRole("list", { name: "Steps of this run" })).toContainText(/Launched.*\+\d/);
    await expect(link).toBeVisible();
    const tops = await page.evaluate(() => (window as WithTops).tops);
    expect(tops, "the link stays where it came while the rest of the page loads").toHaveLength(1);
    await link.click();
    await expect(log(page)).toContainText("claimed  leaseEpoch=1");
    await expect(page.getByText("saved at the end")).toBeVisible();
    await expect(page.getByText("The runner was lost (the runner ended with signal SIGKILL)").first()).toBeVisible();
    await expect(page.getByRole("button", { name: "Follow" })).toBeHidden();

    await page.keyboard.press("/");
    await expect(page.getByLabel("Search log")).toBeFocused();
    await page.keyboard.type("turn STARTED");
    await expect(log(page).locator("mark")).toHaveText("turn started");
    await expect(page.getByRole("status").filter({ hasText: "1 matching line" })).toBeVisible();
    await page.getByLabel("Search log").blur();
    await page.keyboard.press("n");
    await expect(page.getByText("1 of 1 matching line")).toBeVisible();
    await expect(log(page).locator("[data-line].outline")).toContainText("turn started");
    await page.keyboard.press("T");
    await expect(page.getByRole("button", { name: "Times" })).toHaveAttribute("aria-pressed", "false");
    await page.keyboard.press("w");
    await page.keyboard.press("R");
    await expect(log(page)).toContainText('"msg":"turn started"');
    await expect(page).toHaveURL(/find=turn\+STARTED.*times=false.*wrap=false.*raw=true/);
    await page.reload();
    await ready(page);
    await expect(log(page).locator("mark")).toHaveText("turn started");

    // A line that is marked is the same one for whoever opens the link, by keys and by a press on its time.
    const marked = log(page).locator("[aria-current=location]");
    await page.keyboard.press("k");
    await expect(marked).toHaveCount(1);
    for (const part of [/attempt=att_/, /container=runner/, /line=/]) await expect(page).toHaveURL(part);
    await page.keyboard.press("j");
    const line = (await marked.textContent()) ?? "";
    const { search } = new URL(page.url());
    await page.keyboard.press("y");
    await expect(page.getByText("Link to line copied")).toBeVisible();
    await page.goto(await page.evaluate(() => navigator.clipboard.readText()));
    await ready(page);
    await expect(marked).toHaveText(line);
    await expect(marked).toBeInViewport();
    await page.keyboard.press("T");
    await log(page).locator("[data-time]").first().click();
    await expect(log(page).locator("[data-line]").first()).toHaveAttribute("aria-current", "location");
    await page.getByRole("button", { name: "Clear selection" }).click();
    await expect(marked).toHaveCount(0);
    await expect(page).not.toHaveURL(/line=/);
    await page.keyboard.press("T");
    await expect(page).toHaveURL(/times=false/);
    await openPage(page, `${page.url()}&line=nothing`);
    await expect(page.getByText("selected line not loaded")).toBeVisible();
    await page.getByRole("button", { name: "Clear selection" }).click();

    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await expect.poll(() => copied(page)).toMatch(/^\{"level":30.*"msg":"claimed"\}$/m);
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const file = await downloading;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^${runId}-att_\\w+-runner\\.log$`));
    expect(readFileSync(await file.path(), "utf8")).toMatch(/^\d{4}-\d\d-\d\dT\S+Z \{"level":30/);
    await page.getByLabel("Since").selectOption("last 1 min");
    await expect(page).toHaveURL(/since=\d{4}/);
    await page.getByLabel("Lines").selectOption("Last 50 lines");
    await expect(page).toHaveURL(/lines=50/);
    await expectEveryLook(browser, signedIn, { address: `/runs/${runId}${search}`, name: "run-log" });
  });
  // Watched to the end, and the product goes before the browser.
  await page.context().close();
});
