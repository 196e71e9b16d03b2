import type { Browser, Page } from "@playwright/test";
import type { Runner } from "@/contract/runner";
import {
  copied,
  EVERY_LOOK,
  expect,
  expectEveryLook,
  look,
  lookInAll,
  openSignedIn,
  peekOf,
  productOfFile,
  ready,
  test,
} from "./fixtures";
import { isAlive } from "./product";
import { apiOf, openPage } from "./queue-stories";
import { newSession, say } from "./stories";

/** Beats of three seconds: two are missed after six and a bit, and a lease is out after twelve. */
const LEASE_MS = 12_000;

const signedIn = productOfFile({ AGENTRUN_LEASE_MS: String(LEASE_MS) });

const open = (browser: Browser, address: string) => openSignedIn(browser, signedIn, address);

const rows = (page: Page) => page.getByRole("table", { name: "Runners" }).locator("tbody").getByRole("row");
const rowOf = (page: Page, runnerId: string) => rows(page).and(page.locator(`[data-row="${runnerId}"]`));

async function living(page: Page): Promise<Runner[]> {
  const answer = await apiOf(page.request, signedIn.product.url).get("/runners?state=living");
  return (answer as { items: Runner[] }).items;
}

/** The one runner that works on a run, once it is heard of. */
async function runnerOf(page: Page, runId: string, not = ""): Promise<Runner> {
  let found: Runner | undefined;
  await expect
    .poll(
      async () => {
        found = (await living(page)).find(
          (runner) => runner.runId === runId && runner.id !== not && runner.run?.isHeld,
        );
        return found?.metadata.pid;
      },
      { timeout: 60_000 },
    )
    .toEqual(expect.any(Number));
  if (found === undefined) throw new Error("no runner");
  return found;
}

test("a runner beats, freezes, is late, lost and followed by another; an idle one is drained, another killed", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const page = await open(browser, "/runners");
  watchPage(page);
  const api = apiOf(page.request, signedIn.product.url);
  await expect(page.getByText("No live runners")).toBeVisible();
  await api.post("/sessions", { sessionId: "ses_frozen", backendProfile: "demo", title: "Bound to freeze" });
  const runId = await api.run("ses_frozen", { executionPolicy: { onLost: "continue", approval: "never" } });
  await api.post(`/runs/${runId}/commands`, { type: "turn", payload: { text: "RUN `sleep 36021`" } });
  const first = await runnerOf(page, runId);

  await test.step("its row comes by itself, and its beats with it", async () => {
    const row = rowOf(page, first.id);
    await expect(row).toContainText("Busy", { timeout: 30_000 });
    await expect(row).toContainText("Bound to freeze");
    await expect(row).toContainText(/\d+%, [\d.]+ MiB/, { timeout: 30_000 });
    const strip = row.getByRole("img", { name: /^Last \d+ heartbeats on time, every 3 s$/ });
    await expect(strip).toBeVisible({ timeout: 30_000 });
    const before = await strip.getAttribute("aria-label");
    await expect.poll(() => row.getByRole("img").getAttribute("aria-label"), { timeout: 15_000 }).not.toBe(before);
    await expect(row).toContainText(/· \d+ ms/);
  });

  await test.step("frozen, it is late, then lost with what follows, and another runner goes on with its run", async () => {
    const pid = Number(first.metadata.pid);
    process.kill(pid, "SIGSTOP");
    const row = rowOf(page, first.id);
    // At one time: it is late for some seconds, and then no more.
    await Promise.all([
      expect(row).toContainText(/Late/, { timeout: 20_000 }),
      expect(row).toContainText(/Lease expires in [\d.]+ s, attempt 2 of 3/),
    ]);
    await expect(row).toContainText("Lost", { timeout: 20_000 });
    const next = await runnerOf(page, runId, first.id);
    await expect(row).toContainText("Ended");
    await expect.poll(() => isAlive(pid)).toBe(false);
    await page.getByRole("button", { name: /new runner/ }).click();
    await expect(rowOf(page, next.id)).toContainText("Busy");
    await expect(rowOf(page, first.id)).toBeHidden();
    expect(next.run).toMatchObject({ attemptCount: 2, attemptMax: 3 });
  });

  await test.step("the lost one is found by its run's id, and its page says what became of it", async () => {
    await page.getByLabel("Search runners").fill(runId);
    await expect(page).toHaveURL(new RegExp(`search=${runId}`));
    await expect(rows(page)).toHaveCount(2);
    await page.reload();
    await ready(page);
    await rowOf(page, first.id).getByRole("link").first().click();
    await expect(page).toHaveURL(new RegExp(`/runners/${first.id}$`));
    await expect(page.getByRole("heading", { name: "Lost", exact: true })).toBeVisible();
    await expect(page.getByText(/its lease ran out|ended with signal SIGKILL/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Kill…" })).toBeDisabled();
    await expect(page.getByRole("button", { name: "Kill…" })).toHaveAttribute("title", "It has ended.");
    await page.goto(`/r/${first.id}`);
    await expect(page).toHaveURL(new RegExp(`/runners/${first.id}$`));
  });

  await test.step("a busy one is killed from its page: the turn is cut off, and its run goes on by its rule", async () => {
    const busy = await runnerOf(page, runId);
    await openPage(page, `/runners/${busy.id}`);
    await page.getByRole("button", { name: "Kill…" }).click();
    const dialog = page.getByRole("dialog", { name: "Kill runner" });
    await expect(dialog).toContainText("are stopped now");
    await expect(dialog).toContainText("the run is queued again, attempt 3 of 3");
    await dialog.getByLabel("Reason").fill("it eats too much");
    await dialog.getByLabel("Reason").press("Control+Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText(/had it killed: it eats too much/).first()).toBeVisible({ timeout: 30_000 });
    await expect.poll(() => isAlive(Number(busy.metadata.pid))).toBe(false);
    const third = await runnerOf(page, runId, busy.id);
    expect(third.run).toMatchObject({ attemptCount: 3 });
  });

  await test.step("a look into one tells what it does and its beats as they come, and goes on with the keys", async () => {
    await openPage(page, "/runners?state=all");
    await page.keyboard.press("j");
    await page.keyboard.press("Space");
    await expect(peekOf(page, "runner")).toContainText("Working on a turn");
    await expect(peekOf(page, "runner")).toContainText("sleep 36021");
    await expect(peekOf(page, "runner")).toContainText(/protocol \d/);
    const strip = peekOf(page, "runner").getByRole("img");
    const before = await strip.getAttribute("aria-label");
    await expect.poll(() => strip.getAttribute("aria-label"), { timeout: 15_000 }).not.toBe(before);
    await page.keyboard.press("ArrowDown");
    await expect(peekOf(page, "runner")).toContainText("Lost");
    await page.keyboard.press("Escape");
    await expect(peekOf(page, "runner")).toBeHidden();
    await expect(rows(page).nth(1).getByRole("link").first()).toBeFocused();
  });

  await test.step("those that a query finds are drained together, let go on, and fenced; the query is kept as a view", async () => {
    const { id } = await runnerOf(page, runId);
    await openPage(page, "/runners");
    const box = page.getByRole("combobox", { name: "Search runners" });
    await box.fill("launched:yes seen<1h");
    await box.press("Enter");
    await expect(page).toHaveURL(/heard=1/);
    await expect(page.getByRole("button", { name: "seen: < 1h, remove" })).toBeVisible();
    await expect(rows(page)).toHaveCount(1);
    await page.getByRole("button", { name: "Views", exact: true }).click();
    await page.getByRole("menuitem", { name: "Save view…" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Ours");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Views: Ours" }).click();
    await expect(page.getByRole("menuitem", { name: /^Ours 1/ })).toBeVisible();
    await page.keyboard.press("Escape");
    await rows(page).getByRole("link").first().focus();
    await page.keyboard.press("*");
    await expect(page.getByRole("toolbar", { name: "Selected runners" })).toContainText("1 runner selected");
    await page.keyboard.press("d");
    const drain = page.getByRole("dialog", { name: "Drain runners" });
    await expect(drain).toContainText("1 runner included");
    await expect(drain.getByLabel("Reason")).toBeFocused();
    await page.keyboard.type("a new build is out");
    await look(page, "runners-drain");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByText("1 runner draining")).toBeVisible({ timeout: 30_000 });
    await expect(rowOf(page, id)).toContainText("Draining");
    await look(page, "runners-drained");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(rowOf(page, id)).toContainText("Busy", { timeout: 30_000 });
    const order = async (name: string) => {
      await rowOf(page, id)
        .getByRole("button", { name: /^Actions on/ })
        .click();
      await page.getByRole("menuitem", { name, exact: true }).click();
    };
    await order("Drain…");
    await page
      .getByRole("dialog", { name: "Drain runner" })
      .getByRole("button", { name: "Drain", exact: true })
      .click();
    await expect(rowOf(page, id)).toContainText("Draining");
    await order("Resume");
    await expect(rowOf(page, id)).toContainText("Busy");
    await page
      .locator("[data-sonner-toast]")
      .filter({ hasText: "Runner resumed" })
      .getByRole("button", { name: "Undo" })
      .click();
    await expect(rowOf(page, id)).toContainText("Draining");
    await order("Resume");
    await expect(rowOf(page, id)).toContainText("Busy");
    await rows(page).getByRole("link").first().focus();
    await page.keyboard.press("v");
    const revoke = page.getByRole("dialog", { name: "Revoke tokens of runners" });
    await expect(revoke).toContainText("1 runner included");
    await expect(revoke.getByLabel("Reason")).toBeFocused();
    await page.keyboard.type("its key leaked");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByText("1 runner revoked")).toBeVisible({ timeout: 30_000 });
    await expect.poll(() => living(page), { timeout: 30_000 }).toEqual([]);
  });

  const talk = await open(browser, "/sessions");
  await newSession(talk, { profile: "demo", message: "Say hello" });
  await expect.poll(async () => (await living(page)).map(({ state }) => state), { timeout: 60_000 }).toEqual(["idle"]);
  const [idle] = await living(page);
  if (idle === undefined) throw new Error("no idle runner");

  await test.step("an idle one is drained by keys alone, and ends; the next message gets a new runner", async () => {
    await openPage(page, "/runners");
    await page.keyboard.press("j");
    await expect(rowOf(page, idle.id).getByRole("link").first()).toBeFocused();
    await page.keyboard.press(".");
    await page.getByRole("menuitem", { name: "Copy “drain” as curl" }).click();
    await expect
      .poll(() => copied(page))
      .toMatch(new RegExp(`-X POST .*-d '\\{\\}' 'http:.*/api/v1/runners/${idle.id}/drain'$`));
    await expect(rowOf(page, idle.id).locator(":focus")).toHaveCount(1);
    await page.keyboard.press(".");
    await page.getByRole("menuitem", { name: "Drain…" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Drain runner" });
    await expect(dialog).toContainText("the next message gets a new runner");
    await dialog.getByLabel("Reason").fill("the machine is to be mended");
    await dialog.getByRole("button", { name: "Drain", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(rowOf(page, idle.id)).toContainText("Ended", { timeout: 60_000 });
    await say(talk, "And again");
    const next = await (async () => {
      await expect.poll(async () => (await living(page)).map(({ id }) => id), { timeout: 30_000 }).not.toEqual([]);
      return (await living(page))[0];
    })();
    expect(next?.id).not.toBe(idle.id);
    await page.getByRole("button", { name: /new runner/ }).click();
    await expect(rowOf(page, next?.id ?? "")).toBeVisible();
    await openPage(page, `/audit?target=${idle.id}`);
    await expect(page.getByText("the machine is to be mended").first()).toBeVisible();
  });

  await test.step("states are filtered by a press, and the address keeps it", async () => {
    await openPage(page, "/runners");
    await page.getByRole("button", { name: /^Lost: 0/ }).click();
    await expect(page).toHaveURL(/state=lost/);
    await expect(page.getByText("No matching runners")).toBeVisible();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("State").selectOption("ended");
    await expect(page).toHaveURL(/state=ended/);
    await expect(rows(page)).toHaveCount(4);
  });

  await test.step("both pages are accessible in every look, and fit a phone", async () => {
    await expectEveryLook(browser, signedIn, { address: "/runners?state=all", name: "runners-told" });
    await expectEveryLook(browser, signedIn, { address: `/runners/${first.id}`, name: "runner-told" });
    await openPage(page, "/runners?state=all");
    await rowOf(page, first.id).getByRole("link").first().focus();
    await page.keyboard.press("Space");
    await expect(peekOf(page, "runner")).toContainText("Lost");
    await lookInAll(page, EVERY_LOOK, "runner-peek");
  });
  await talk.context().close();
  await page.context().close();
});
