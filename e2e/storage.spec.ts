import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";
import {
  byDevice,
  copied,
  expect,
  LOOKS,
  look,
  lookInAll,
  newSignedIn,
  optionsOf,
  productOfFile,
  ready,
  startSignedIn,
  test,
} from "./fixtures";
import { conversation, endRuns, newSession, say, sessionOf } from "./stories";

const HOUR_MS = 3_600_000;
/** Clean-ups by hand alone: one that comes by itself would take what a test looks at. */
const ENV = { AGENTRUN_SESSION_GC_INTERVAL_MS: "86400000" };

// One product for the five: each looks at volumes of its own.
const signedIn = productOfFile(ENV);

const rowOf = (page: Page, title: string) => page.getByRole("row").filter({ hasText: title });

async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await ready(page);
}

/**
 * From a row's menu, which closes when a filter that was just pressed has its rows drawn anew. Toasts lie over it for as
 * long as the pointer rests on them.
 */
async function act(page: Page, title: string, action: string): Promise<void> {
  const item = page.getByRole("menuitem", { name: action, exact: true });
  const menu = page.getByRole("button", { name: `Actions on ${title}` });
  await page.mouse.move(0, 0);
  await expect(async () => {
    if (!(await item.isVisible())) await menu.click({ timeout: 2_000 });
    await item.click({ timeout: 2_000 });
  }).toPass();
}

const toast = (page: Page, said: string) => page.locator("[data-sonner-toast]").filter({ hasText: said });

/** Sets a session's expiry as a program would, behind the back of the open page. */
async function setExpiry(page: Page, sessionId: string, inMs: number): Promise<void> {
  const answer = await page.request.patch(`/api/v1/sessions/${sessionId}`, {
    data: { expiresAt: new Date(Date.now() + inMs).toISOString() },
    headers: { origin: new URL(page.url()).origin },
  });
  expect(answer.ok()).toBe(true);
}

/** Starts a demo session, lets its first turn end, and ends its run; returns its id. */
async function finishedSession(page: Page, message: string): Promise<string> {
  await newSession(page, { profile: "demo", message });
  await expect(conversation(page)).toContainText("first message of our conversation", { timeout: 90_000 });
  await endRuns(page);
  return sessionOf(page);
}

test("a volume is pinned, extended, evicted by its name, restored and forked, and its conversation goes on", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  const title = "Good morning, remember the word heron";
  const sessionId = await finishedSession(page, title);
  const row = rowOf(page, title);

  await test.step("a pin shows at once, and is taken back by its own undo", async () => {
    await open(page, "/storage");
    await expect(row).toContainText("Live");
    await expect(row).toContainText("Current");
    await act(page, title, "Pin");
    await expect(row.getByText("pinned", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(row.getByText("pinned", { exact: true })).toBeHidden();
    await act(page, title, "Pin");
    await act(page, title, "Unpin");
    await expect(row.getByText("pinned", { exact: true })).toBeHidden();
    await toast(page, "Unpinned: ").getByRole("button", { name: "Undo" }).first().click();
    await expect(row.getByText("pinned", { exact: true })).toBeVisible();
    // What was told stays under the pointer, and over the row's own button.
    await open(page, "/storage");
    await page.getByRole("button", { name: "Pinned: 1, show these alone" }).click();
    await expect(page).toHaveURL(/pinned=true/);
    await expect(row).toBeVisible();
    await act(page, title, "Evict volume…");
    const dialog = page.getByRole("dialog", { name: "Evict volume" });
    await expect(dialog).toContainText("Unpin it first");
    await open(page, "/storage");
    await act(page, title, "Unpin");
    await expect(row.getByText("pinned", { exact: true })).toBeHidden();
    await act(page, title, "Copy “pin” as curl");
    await expect.poll(() => copied(page)).toContain(`-X POST`);
    await expect.poll(() => copied(page)).toContain(`/api/v1/sessions/${sessionId}/storage/pin'`);
  });

  await test.step("an expiry set elsewhere arrives without a reload, and is extended", async () => {
    await open(page, "/storage");
    await expect(row).toContainText("Never");
    await setExpiry(page, sessionId, HOUR_MS);
    await expect(row).toContainText(/in 59 m/);
    await act(page, title, "Extend expiry…");
    const dialog = page.getByRole("dialog", { name: "Extend expiry" });
    await dialog.getByRole("button", { name: "1 week" }).click();
    await dialog.getByRole("button", { name: "Copy as curl" }).click();
    await expect.poll(() => copied(page)).toContain(`-d '{"byMs":604800000}'`);
    await expect(dialog.getByRole("status")).toContainText("Will expire in 7 d");
    await dialog.getByRole("button", { name: "Extend" }).click();
    await expect(dialog).toBeHidden();
    await expect(row).toContainText("in 7 d");
  });

  await test.step("what was measured by hand is reported, and taken back", async () => {
    await act(page, title, "Report contents…");
    const dialog = page.getByRole("dialog", { name: "Report contents" });
    await expect(dialog.getByLabel("Digest")).toHaveValue(/^[0-9a-f]{64}$/);
    await dialog.getByLabel("Bytes").fill(String(7 * 2 ** 30));
    await dialog.getByRole("button", { name: "Copy as curl" }).click();
    await expect.poll(() => copied(page)).toMatch(/-d '\{"storageSizeBytes":7516192768,.*\/storage\/refresh'$/);
    await dialog.getByRole("button", { name: "Report", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(row).toContainText(/7(\.0)? Gi?B/);
    await toast(page, "Reported: ").getByRole("button", { name: "Undo" }).click();
    await expect(row).not.toContainText(/7(\.0)? Gi?B/);
  });

  await test.step("an eviction says what is lost, waits for the volume's name, and refuses the next turn", async () => {
    await act(page, title, "Evict volume…");
    const dialog = page.getByRole("dialog", { name: "Evict volume" });
    await expect(dialog).toContainText("The archive holds the last turn");
    await expect(dialog).toContainText(/Archive digest, SHA-256: [0-9a-f]{64}/);
    const name = (await dialog.getByText(/^Type .* to confirm$/).textContent())?.split(" ")[1] ?? "";
    const confirm = dialog.getByRole("button", { name: "Evict volume" });
    await dialog.getByLabel("Reason").fill("no longer needed");
    await dialog.getByRole("button", { name: "Copy as curl" }).click();
    await expect.poll(() => copied(page)).toMatch(/-X DELETE '.*\/storage\?reason=no\+longer\+needed'$/);
    await dialog.getByLabel(/^Type .* to confirm$/).fill(name.slice(0, -1));
    await expect(confirm).toBeDisabled();
    await dialog.getByLabel(/^Type .* to confirm$/).fill(name);
    await confirm.click();
    await expect(dialog).toBeHidden();
    await expect(row).toContainText("Evicted");
    expect(existsSync(path.join(signedIn.product.dataDir, "volumes", name))).toBe(false);
    await open(page, `/sessions/${sessionId}`);
    await expect(page.getByText("This session's volume was removed. Restore it to continue")).toBeVisible();
    await expect(page.getByLabel("Message")).toBeDisabled();
  });

  await test.step("a restore lets the conversation go on", async () => {
    await page.getByRole("navigation", { name: "Session" }).getByRole("link", { name: "Storage" }).click();
    const lifecycle = page.getByRole("list", { name: "Lifecycle" });
    await expect(lifecycle.locator("[aria-current=step]")).toContainText("Evicted");
    await page.getByRole("button", { name: "Restore from archive" }).click();
    await expect(page.getByRole("list", { name: "The way back" }).locator("[aria-current=step]")).toBeVisible();
    await page.getByRole("link", { name: "Conversation", exact: true }).click();
    await say(page, "And after an eviction?");
    await expect(conversation(page)).toContainText("earlier message", { timeout: 90_000 });
    await endRuns(page);
    await page.getByRole("navigation", { name: "Session" }).getByRole("link", { name: "Storage" }).click();
    await expect(lifecycle.locator("[aria-current=step]")).toContainText("Live");
  });

  await test.step("a fork goes on from the same history, and its source stays", async () => {
    await page.getByRole("button", { name: "Fork…" }).click();
    const dialog = page.getByRole("dialog", { name: "Fork session" });
    await dialog.getByLabel("Title").fill("The other way");
    await dialog.getByRole("button", { name: "Fork", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("The other way");
    await say(page, "And in the copy?");
    await expect(conversation(page)).toContainText("2 earlier messages of yours", { timeout: 90_000 });
    await endRuns(page);
    await open(page, "/storage");
    await expect(rowOf(page, "The other way")).toContainText("Live");
    await expect(row).toContainText("Live");
  });
  await page.context().close();
});

test("a clean-up says what it would do, does it when told, and leaves a line of history", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  const goes = await finishedSession(page, "Say hello, you may go");
  const stays = await finishedSession(page, "Say hello, you must stay");
  const { origin } = new URL(page.url());
  const pinned = await page.request.post(`/api/v1/sessions/${stays}/storage/pin`, { data: {}, headers: { origin } });
  expect(pinned.ok()).toBe(true);
  for (const sessionId of [goes, stays]) await setExpiry(page, sessionId, -HOUR_MS);

  await open(page, "/storage?expired=true");
  await expect(rowOf(page, "you may go")).toContainText("expired 1 h ago");
  await page.getByRole("navigation", { name: "Storage" }).getByRole("link", { name: "Cleanup" }).click();
  await expect(page.getByText("No cleanups yet")).toBeVisible();

  await test.step("a pause stops it, for a reason that everyone sees, and lets dry runs go on", async () => {
    await page.getByRole("button", { name: "Pause…" }).click();
    const pausing = page.getByRole("dialog", { name: "Pause cleanup?" });
    await expect(pausing.getByRole("button", { name: "Pause cleanup" })).toBeDisabled();
    await pausing.getByLabel("Reason").fill("the disk is being copied");
    await pausing.getByRole("button", { name: "Copy as curl" }).click();
    await expect
      .poll(() => copied(page))
      .toMatch(/-d '\{"reason":"the disk is being copied"\}' '.*\/storage\/gc\/pause'$/);
    await pausing.getByRole("button", { name: "Pause cleanup" }).click();
    await expect(pausing).toBeHidden();
    await expect(page.getByText(/^Cleanup paused by admin .*: the disk is being copied$/)).toBeVisible();
    await page.getByRole("button", { name: "Dry run" }).click();
    await expect(page.getByText(/^Would evict 1 volume and keep 1: .* back\.$/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Evict 1 volume…" })).toBeDisabled();
    const gc = await page.request.post("/api/v1/sessions/storage/gc", { data: {}, headers: { origin } });
    expect([gc.status(), await gc.json()]).toMatchObject([409, { error: { reason: "gc-paused" } }]);
    await open(page, "/");
    await expect(page.getByText("volume clean-up was paused by admin: the disk is being copied")).toBeVisible();
    await open(page, "/storage?view=clean-up");
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByText(/^Cleanup paused by/)).toBeHidden();
    await page.getByRole("button", { name: "Undo" }).last().click();
    await expect(page.getByText(/^Cleanup paused by admin .*: the disk is being copied$/)).toBeVisible();
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByText(/^Cleanup paused by/)).toBeHidden();
  });

  await page.getByRole("button", { name: "Dry run" }).click();
  const report = page.getByRole("status", { name: "Cleanup result" });
  await expect(report.getByRole("region", { name: "Would evict" })).toContainText("Say hello, you may go");
  await expect(report.getByRole("region", { name: "Kept" })).toContainText("Pinned");
  await expect(report.getByRole("region", { name: "Kept" })).toContainText("Say hello, you must stay");

  await page.getByRole("button", { name: "Evict 1 volume…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run cleanup?" });
  await dialog.getByLabel("Type 1 to confirm").fill("1");
  await dialog.getByRole("button", { name: "Evict", exact: true }).click();
  await expect(report.getByRole("region", { name: "Evicted" })).toContainText("Say hello, you may go");
  const line = page.getByRole("table", { name: "Cleanups" }).getByRole("row").filter({ hasText: "Manual" });
  await expect(line).toHaveCount(1);
  await expect(line).toContainText("1 pinned");
  await expect(line).toContainText("As planned: 1 volume");

  await test.step("what was pinned after a dry run stays, and the history says so and why", async () => {
    const setPin = async (word: "pin" | "unpin") =>
      expect(
        (await page.request.post(`/api/v1/sessions/${stays}/storage/${word}`, { data: {}, headers: { origin } })).ok(),
      ).toBe(true);
    await setPin("unpin");
    await page.getByRole("button", { name: "Dry run" }).click();
    await expect(report.getByRole("region", { name: "Would evict" })).toContainText("Say hello, you must stay");
    await setPin("pin");
    await page.getByRole("button", { name: "Evict 1 volume…" }).click();
    await dialog.getByLabel("Type 1 to confirm").fill("1");
    await dialog.getByRole("button", { name: "Evict", exact: true }).click();
    const differing = page.getByRole("table", { name: "Cleanups" }).getByText("1 of 1 kept");
    await differing.press("Enter");
    const stayed = page.getByRole("region", { name: "Planned but kept" });
    await expect(stayed).toContainText("Pinned");
    await expect(stayed.getByRole("link")).toHaveAttribute("href", `/sessions/${stays}?tab=storage`);
    await look(page, "clean-up-difference");
  });
  await open(page, "/storage?state=evicted");
  await expect(rowOf(page, "you may go")).toContainText("Evicted");
  await expect(rowOf(page, "you must stay")).toBeHidden();
  await page.context().close();
});

test("volumes are narrowed, chosen, pinned and evicted together, once their number was typed", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(240_000);
  // Its own product: all that there is gets chosen.
  const own = await startSignedIn(browser, ENV);
  await using _product = own.product;
  const page = await newSignedIn(browser, own);
  watchPage(page);
  const titles = ["Say hello, number one", "Say hello, number two"];
  for (const title of titles) await finishedSession(page, title);

  await open(page, "/storage");
  const box = (title: string) => page.getByRole("checkbox", { name: `Select ${title}` });
  for (const title of titles) await box(title).check();
  const bar = page.getByRole("toolbar", { name: "Selected volumes" });
  await expect(bar).toContainText("2 volumes selected");
  await bar.getByRole("button", { name: "Pin", exact: true }).click();
  for (const title of titles) await expect(rowOf(page, title).getByText("pinned", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  for (const title of titles) await expect(rowOf(page, title).getByText("pinned", { exact: true })).toBeHidden();

  await page.getByRole("combobox", { name: "Only" }).selectOption("Archive behind");
  await expect(page).toHaveURL(/archive=behind/);
  await expect(page.getByText("No matching volumes")).toBeVisible();
  await page.getByRole("combobox", { name: "Only" }).selectOption("Not in use");
  await expect(rowOf(page, titles[0] ?? "")).toBeVisible();

  await rowOf(page, titles[0] ?? "")
    .getByRole("checkbox")
    .focus();
  await page.keyboard.press("*");
  await expect(bar).toContainText("2 volumes selected");
  await page.keyboard.press("E");
  const dialog = page.getByRole("dialog", { name: "Evict volumes" });
  await expect(dialog.getByRole("button", { name: /^Evict: 2 volumes/ })).toBeDisabled();
  await dialog.getByLabel("Type 2 to confirm").fill("2");
  await dialog.getByRole("button", { name: /^Evict: 2 volumes/ }).click();
  for (const title of titles) await expect(rowOf(page, title)).toContainText("Evicted");

  await test.step("all that match are pinned, those that are not shown too, and that is taken back", async () => {
    const { origin } = new URL(page.url());
    const data = { backendProfile: "demo", projectId: "many" };
    for (let index = 0; index < 60; index += 1)
      expect((await page.request.post("/api/v1/sessions", { data, headers: { origin } })).ok()).toBe(true);
    await open(page, "/storage?project=many&sort=sizeBytes");
    await expect(page.getByRole("table", { name: "Volumes" }).getByRole("checkbox")).toHaveCount(50);
    await page.keyboard.press("*");
    await expect(bar).toContainText("50 volumes selected");
    await bar.getByRole("button", { name: "Select all 60 matching" }).click();
    await expect(bar).toContainText("All 60 matching: project many");
    await page.keyboard.press("p");
    const pinned = async () => {
      const answer = await page.request.get("/api/v1/storage?pinned=true&projectId=many&limit=200");
      return ((await answer.json()) as { items: object[] }).items.length;
    };
    await expect.poll(pinned, { timeout: 30_000 }).toBe(60);
    await toast(page, "60 volumes pinned").getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(pinned, { timeout: 30_000 }).toBe(0);
    await page.goto("/bulk?kind=volume");
    await expect(
      page
        .getByRole("row")
        .filter({ hasText: /pinning|unpinning|pinned/i })
        .first(),
    ).toBeVisible();
  });
  await page.context().close();
});

test("volumes that no session knows are shown, adopted and deleted", async ({ browser, watchPage }) => {
  const { dataDir } = signedIn.product;
  const page = await newSignedIn(browser, signedIn);
  watchPage(page, { expectedErrors: /status of 400/ });
  const [adopted, doomed] = ["lost-and-found", "lost-for-good"].map((sessionId) => {
    const name = `agentrun-${createHash("sha256").update(sessionId).digest("hex").slice(0, 32)}`;
    const workspace = path.join(dataDir, "volumes", name, "workspace");
    mkdirSync(workspace, { recursive: true });
    writeFileSync(path.join(workspace, "notes.txt"), "what somebody had");
    return { sessionId, name, folder: path.dirname(workspace) };
  }) as [Stray, Stray];
  const strayRow = (stray: Stray) => page.getByRole("row").filter({ has: page.getByTitle(stray.name) });

  await open(page, "/storage?view=orphans");
  await expect(strayRow(adopted)).toContainText("no session names it");
  await strayRow(adopted).getByRole("button", { name: "Adopt…" }).click();
  const adopting = page.getByRole("dialog", { name: "Adopt volume" });
  await adopting.getByLabel("Session").fill("some-other-id");
  await adopting.getByRole("button", { name: "Adopt", exact: true }).click();
  await expect(adopting.getByRole("alert")).toContainText("can only be that of the session that it was made for");
  await adopting.getByLabel("Session").fill(adopted.sessionId);
  await adopting.getByLabel("Title").fill("Found again");
  await adopting.getByRole("button", { name: "Adopt", exact: true }).click();
  await expect(page).toHaveURL(/\/sessions\/lost-and-found\?tab=storage/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Found again");
  expect(existsSync(path.join(adopted.folder, "workspace", "notes.txt"))).toBe(true);

  await open(page, "/storage?view=orphans");
  await expect(strayRow(doomed)).toBeVisible();
  await expect(strayRow(adopted)).toBeHidden();
  await strayRow(doomed).getByRole("button", { name: "Delete…" }).click();
  const deleting = page.getByRole("dialog", { name: "Delete volume" });
  await expect(deleting.getByRole("button", { name: "Delete volume" })).toBeDisabled();
  await deleting.getByLabel(/^Type .* to confirm$/).fill(doomed.name);
  await deleting.getByRole("button", { name: "Delete volume" }).click();
  await expect(page.getByText("Every volume belongs to a session.")).toBeVisible();
  expect(existsSync(doomed.folder)).toBe(false);
  await page.context().close();
});
type Stray = { sessionId: string; name: string; folder: string };

test("the storage pages and their dialogs are accessible, in light and dark, and fit a phone", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(480_000);
  const { product, storageState } = signedIn;
  const first = await newSignedIn(browser, signedIn);
  watchPage(first);
  const title = "Say hello, and be looked at";
  const sessionId = await finishedSession(first, title);
  await setExpiry(first, sessionId, HOUR_MS);
  mkdirSync(path.join(product.dataDir, "volumes", `agentrun-${"0".repeat(32)}`));
  const actions: [string, string][] = [
    ["Extend expiry…", "Extend expiry"],
    ["Report contents…", "Report contents"],
    ["Fork…", "Fork session"],
    ["Evict volume…", "Evict volume"],
  ];
  for (const looks of byDevice(LOOKS)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    const check = (what: string) => lookInAll(page, looks, what);
    await open(page, "/storage?project=default");
    await expect(rowOf(page, title)).toBeVisible();
    await check("the page of volumes");
    for (const [action, name] of actions) {
      await act(page, title, action);
      await expect(page.getByRole("dialog", { name })).toBeVisible();
      await check(name);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    }
    await open(page, "/storage?view=clean-up");
    await page.getByRole("button", { name: "Dry run" }).click();
    await expect(page.getByRole("status", { name: "Cleanup result" })).toBeVisible();
    await check("the clean-up");
    await open(page, "/storage?view=orphans");
    for (const button of ["Adopt…", "Delete…"]) {
      await page.getByRole("button", { name: button }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await check(button);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    }
    await open(page, `/sessions/${sessionId}?tab=storage`);
    await expect(page.getByRole("list", { name: "Lifecycle" })).toBeVisible();
    await check("a session's storage");
    await context.close();
  }
  await first.context().close();
});

test("all of a volume's actions are reached by keys alone, and the picture filters", async ({ browser, watchPage }) => {
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  const title = "Say hello to my keys";
  const sessionId = await finishedSession(page, title);
  await open(page, "/storage");
  const project = page.getByRole("button", { name: /^default / });
  await project.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/project=default/);
  await expect(project).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("list", { name: "Largest volumes of default" })).toContainText(title);
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/project=/);

  await page.getByRole("button", { name: `Actions on ${title}` }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Pin", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(rowOf(page, title).getByText("pinned", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: title }).last().focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/sessions/${sessionId}\\?tab=storage`));
  await page.context().close();
});
