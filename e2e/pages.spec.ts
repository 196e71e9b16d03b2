import { readFileSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";
import { copied, expect, expectEveryLook, look, openSignedIn, productOfFile, ready, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";
import { newSession } from "./stories";

// One product for the four: what one story leaves behind the others only see more of.
const signedIn = productOfFile();

const open = (browser: Browser, address: string) => openSignedIn(browser, signedIn, address);

const expectLooks = (browser: Browser, address: string, name: string) =>
  expectEveryLook(browser, signedIn, { address, name: `${name}-told` });

const runsTable = (page: Page) => page.getByRole("table", { name: "Runs" });
const rowsOf = (page: Page, name: string) => page.getByRole("table", { name }).locator("tbody").getByRole("row");

test("runs are found by what failed, followed live, moved through by keys, and cancelled with a reason", async ({
  browser,
  watchPage,
}) => {
  const page = await open(browser, "/runs");
  watchPage(page);
  await expect(page.getByText("No runs yet")).toBeVisible();
  expect((await page.request.get("/favicon.ico")).headers()["content-type"]).toContain("image/svg+xml");
  await page.getByRole("button", { name: "Copy as curl" }).press("Enter");
  await expect(page.getByText(/^Copied as curl/)).toBeVisible();
  await expect.poll(() => copied(page)).toMatch(/-X POST .*-d '\{"backendProfile":"demo"\}' '.*\/api\/v1\/runs'$/);
  const api = apiOf(page.request, signedIn.product.url);
  const failing = "ses_bound_to_fail";
  await api.post("/sessions", { sessionId: failing, backendProfile: "demo", title: "Bound to fail" });
  const failedId = await api.run(failing);
  await api.post(`/runs/${failedId}/finish`, {
    terminalStatus: "failed",
    failureKind: "timeout",
    failureMessage: "late",
  });

  await test.step("what failed is counted, and a press shows it alone", async () => {
    await expect(runsTable(page).getByRole("link", { name: "Bound to fail" }).first()).toBeVisible();
    const kind = page.getByRole("region", { name: "Failures" }).getByRole("button", { name: /^Timed out: 1/ });
    await expect(kind).toBeVisible();
    await kind.click();
    await expect(kind).toHaveAttribute("aria-pressed", "true");
    await expect(page).toHaveURL(/failure=timeout/);
    await expect(page).toHaveURL(/outcome=failed/);
    await expect(rowsOf(page, "Runs").first()).toContainText("Failed");
    await page.reload();
    await ready(page);
    await expect(rowsOf(page, "Runs").first()).toContainText("Failed");
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await expect(page).not.toHaveURL(/failure=/);
  });

  await test.step("a run shows by itself behind a pill, with its lease counted down", async () => {
    const other = await open(browser, "/sessions");
    await newSession(other, { profile: "demo", message: "RUN `sleep 36011`" });
    await page.getByRole("button", { name: /new run/ }).click();
    const row = rowsOf(page, "Runs").filter({ hasText: "sleep 36011" });
    await expect(row).toContainText("Running", { timeout: 60_000 });
    await expect(row).toContainText("1 of 3");
    await expect(row).toContainText(/Lease ends in \d+ s/);
    await expect(page.getByRole("button", { name: /new run/ })).toBeHidden();
    await other.context().close();
  });

  await test.step("keys move through the rows and open one", async () => {
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await expect(rowsOf(page, "Runs").nth(1).getByRole("link").first()).toBeFocused();
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/runs\/run_/);
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await expect(page).toHaveURL(/\/runs$/);
  });

  await test.step("the way back from a run leads to the list as it was", async () => {
    await page.getByRole("combobox", { name: "State", exact: true }).selectOption("claimed");
    await expect(page).toHaveURL(/status=claimed/);
    await rowsOf(page, "Runs").filter({ hasText: "sleep 36011" }).getByRole("link").first().click();
    await expect(page).toHaveTitle(/^Run run_/);
    await page.getByRole("link", { name: "All runs" }).click();
    await expect(page).toHaveURL(/\/runs\?status=claimed$/);
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await expect(page).not.toHaveURL(/status=/);
  });

  await test.step("a row's menu copies a line for a shell, and cancels with a reason", async () => {
    const row = rowsOf(page, "Runs").filter({ hasText: "sleep 36011" });
    const menu = row.getByRole("button", { name: /^Actions on/ });
    await menu.click();
    await page.getByRole("menuitem", { name: "Copy as curl" }).click();
    await expect
      .poll(() => copied(page))
      .toMatch(/^curl -H "Authorization: Bearer \$AGENTRUN_TOKEN" 'http:.*\/api\/v1\/runs\/run_[0-9a-f]+'$/);
    await menu.click();
    await page.getByRole("menuitem", { name: "Cancel run…" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel run" });
    await expect(dialog).toContainText("The current turn is interrupted");
    await dialog.getByLabel("Reason").fill("sleeps for too long");
    await dialog.getByRole("button", { name: "Cancel run" }).click();
    await expect(dialog).toBeHidden();
    await expect(row).toContainText("Cancelled", { timeout: 60_000 });
  });

  await test.step("an id finds its run, and a filter that hides all says so", async () => {
    await page.getByLabel("Search runs").fill(failing);
    await expect(page).toHaveURL(new RegExp(`search=${failing}`));
    await expect(rowsOf(page, "Runs").first()).toContainText("Bound to fail");
    await page.getByLabel("Search runs").fill("run_nobody");
    await expect(page.getByText("No matching runs")).toBeVisible();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect(runsTable(page)).toBeVisible();
  });
  await expectLooks(browser, "/runs", "runs");
  await page.context().close();
});

test("the audit log tells who did what, live, leads to it, and is taken along as a file", async ({
  browser,
  watchPage,
}) => {
  const page = await open(browser, "/audit");
  watchPage(page);
  const api = apiOf(page.request, signedIn.product.url);
  const hostile = '<img src=x onerror="document.title=1">';
  const taskId = await api.add({ title: "Watched", runAt: "2100-01-01T00:00:00Z" });
  await page.getByRole("button", { name: /new rows?$/ }).click();
  // What comes while the list is read again would be in it, and behind no pill.
  await expect(rowsOf(page, "Audit").filter({ hasText: "admin added task “Watched”" }).first()).toBeVisible();
  await api.post(`/queue/tasks/${taskId}/cancel`, { reason: hostile });
  await page.getByRole("button", { name: /new row/ }).click();

  await test.step("what a caller wrote is shown as text", async () => {
    const row = rowsOf(page, "Audit").filter({ hasText: "admin cancelled task “Watched”" }).first();
    await expect(row).toContainText(hostile);
    await row.getByText(hostile).first().click();
    await expect(row.locator("pre")).toContainText("onerror");
    expect(await page.locator("main img").count()).toBe(0);
  });

  await test.step("a text narrows it by what it is, and chips widen it again", async () => {
    const box = page.getByLabel("Search the audit log");
    await box.fill("queue.cancelTask");
    await box.press("Enter");
    await expect(page).toHaveURL(/action=queue.cancelTask/);
    await expect(rowsOf(page, "Audit").filter({ hasNotText: "cancelled task" })).toHaveCount(0);
    await box.press("End");
    await box.pressSequentially(` ${taskId}`);
    await box.press("Enter");
    await expect(page).toHaveURL(/target=/);
    await expect(rowsOf(page, "Audit")).toHaveCount(1);
    await page.getByRole("button", { name: "action: queue.cancelTask, remove" }).click();
    await expect(rowsOf(page, "Audit")).toHaveCount(2);
    await page.getByLabel("What was acted on").selectOption("backend");
    await expect(page.getByText("No matching events")).toBeVisible();
    await page.getByLabel("What was acted on").selectOption("task");
    await expect(rowsOf(page, "Audit")).toHaveCount(2);
  });

  await test.step("what is shown is exported, a row a line", async () => {
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Download as NDJSON" }).click(),
    ]);
    const rows = readFileSync(await file.path(), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ action }) => action)).toEqual(["queue.cancelTask", "queue.createTask"]);
    expect(rows[0]).toMatchObject({ actor: "operator:admin", targetId: taskId, details: { reason: hostile } });
    await page.goto(`/r/${rows[0].id}`);
    await ready(page);
    await expect(rowsOf(page, "Audit")).toHaveCount(1);
    await rowsOf(page, "Audit").getByRole("link").first().click();
    await expect(page).toHaveURL(new RegExp(`/queue/${taskId}$`));
  });
  await expectLooks(browser, "/audit", "audit");
  await page.context().close();
});

test("a token is made, told once, used, and revoked; a person who may only look is told so", async ({
  browser,
  watchPage,
}) => {
  const page = await open(browser, "/settings");
  watchPage(page);
  const call = (token: string) =>
    fetch(`${signedIn.product.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } }).then(
      ({ status }) => status,
    );

  async function make(name: string, role: string, scopes: string[] = []): Promise<string> {
    await page.getByRole("button", { name: "New token" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Role").selectOption(role);
    for (const scope of scopes) await dialog.getByLabel(scope, { exact: true }).check();
    await dialog.getByRole("button", { name: "Create token" }).click();
    const secret = dialog.locator("code").filter({ hasText: /^ara_/ });
    await expect(secret).toBeVisible();
    await dialog.getByRole("button", { name: "Copy token" }).click();
    const token = (await secret.textContent()) ?? "";
    await expect.poll(() => copied(page)).toBe(token);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText(token)).toHaveCount(0);
    return token;
  }

  const tokens = rowsOf(page, "Tokens");
  const looker = await make("looker", "viewer");
  const narrow = await make("narrow", "operator", ["runs"]);
  expect(await call(narrow)).toBe(200);
  await page.reload();
  await ready(page);
  const row = tokens.filter({ hasText: "narrow" });
  await expect(row).toContainText("only runs");
  await expect(row.getByRole("cell").nth(2)).not.toContainText("never");

  await test.step("revoking names what breaks, and is true at once", async () => {
    await row.getByRole("button", { name: "Revoke narrow" }).click();
    const dialog = page.getByRole("dialog", { name: "Revoke token" });
    await expect(dialog).toContainText("Everything that uses narrow (operator, all tenants) loses access");
    await dialog.getByLabel("Reason").fill("no longer needed");
    await dialog.getByRole("button", { name: "Revoke token" }).click();
    await expect(row).toHaveCount(0);
    await expect.poll(() => call(narrow)).toBe(401);
  });

  await test.step("theme and times are chosen here, and kept", async () => {
    await page.getByRole("button", { name: "Contrast" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "contrast");
    await page.getByRole("button", { name: "UTC" }).click();
    await page.reload();
    await ready(page);
    await expect(page.locator("html")).toHaveAttribute("data-theme", "contrast");
    await expect(page.getByRole("button", { name: "UTC" })).toHaveAttribute("aria-pressed", "true");
    await expect(tokens.first()).toContainText("UTC");
    await page.getByRole("button", { name: "System" }).click();
  });

  await test.step("a link signs another device in, once", async () => {
    await page.getByRole("button", { name: "Sign in another device" }).click();
    const dialog = page.getByRole("dialog", { name: "Sign in another device" });
    await expect(dialog.getByRole("img", { name: "The link as a QR code" })).toBeVisible();
    await expect(dialog).toContainText(/expires in \d+ m/);
    await look(page, "sign-in-link");
    await dialog.getByRole("button", { name: "Copy link" }).click();
    const link = await copied(page);
    await dialog.getByRole("button", { name: "Done" }).click();
    const device = await browser.newContext();
    const there = await device.newPage();
    await openPage(there, link);
    await expect(there, "the link is taken out of the address").toHaveURL(`${signedIn.product.url}/sign-in`);
    await look(there, "sign-in-by-link");
    await there.getByRole("button", { name: "Sign in with this link" }).click();
    await expect(there).toHaveURL(`${signedIn.product.url}/`);
    const again = await device.newPage();
    await openPage(again, link);
    await again.getByRole("button", { name: "Sign in with this link" }).click();
    await expect(again.getByText("already been used or has expired")).toBeVisible();
    await device.close();
  });

  await test.step("the server's facts hold no secret, and the token's page is found by its id", async () => {
    await expect(page.getByText("local: runners are processes of this machine")).toBeVisible();
    const secrets = JSON.parse(readFileSync(`${signedIn.product.dataDir}/secrets.json`, "utf8")) as Record<
      string,
      string
    >;
    const html = await page.content();
    for (const secret of Object.values(secrets)) expect(html).not.toContain(secret);
    const id = (await tokens.filter({ hasText: "looker" }).getAttribute("data-row")) ?? "";
    await openPage(page, `/r/${id}`);
    await expect(page).toHaveURL(new RegExp(`/settings#${id}$`));
    await expect(page.locator(`[data-row=${id}][data-selected]`)).toBeVisible();
  });

  await test.step("a viewer signs in by a token, and sees whose tokens are", async () => {
    const context = await browser.newContext({ baseURL: signedIn.product.url });
    const other = await context.newPage();
    await openPage(other, "/sign-in?next=/settings");
    await other.getByLabel("Admin or API token").fill(looker);
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(other.getByText("Only administrators can manage tokens")).toBeVisible();
    await other.goto("/audit");
    await ready(other);
    await expect(rowsOf(other, "Audit").first()).toBeVisible();
    await openPage(page, "/settings");
    await expect(tokens.filter({ hasText: "looker" }).filter({ hasText: "1 browser" })).toHaveCount(1);
    await context.close();
  });
  await expectLooks(browser, "/settings", "settings");
  await page.context().close();
});

test("the documentation is read, searched and linked to where questions arise", async ({ browser, watchPage }) => {
  const page = await open(browser, "/sessions");
  watchPage(page, { expectedErrors: /status of 404/ });

  await test.step("what is typed while a dialog is still on its way is the dialog's, and no key of the page", async () => {
    let come = () => {};
    const isHere = new Promise<void>((resolve) => {
      come = resolve;
    });
    const scripts = (url: URL) => url.pathname.endsWith(".js");
    await page.route(scripts, (route) => isHere.then(() => route.continue()));
    await page.keyboard.press("Control+k");
    await page.keyboard.type("storage");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(new URL(page.url()).pathname).toBe("/sessions");
    come();
    const box = page.getByRole("dialog").getByRole("combobox");
    await expect(box).toHaveValue("storage");
    await expect(page.getByRole("option", { name: /^Storage/ })).toHaveAttribute("aria-selected", "true");
    await page.keyboard.type(" x");
    await expect(box).toHaveValue("storage x");
    expect(new URL(page.url()).pathname).toBe("/sessions");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.unroute(scripts);
  });

  await page.keyboard.press("?");
  await page.getByRole("dialog").getByRole("link", { name: "Documentation" }).click();
  await expect(page).toHaveURL(/\/docs$/);
  await page.getByRole("link", { name: "One lock order" }).click();
  await expect(page).toHaveURL(/\/docs\/architecture#one-lock-order$/);
  const section = page.getByRole("heading", { level: 2, name: "One lock order" });
  await expect(section).toBeInViewport();

  await test.step("links between documents stay in the console", async () => {
    await page.getByRole("article").getByRole("link", { name: "QUEUE.md" }).first().click();
    await expect(page).toHaveURL(/\/docs\/queue$/);
    await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Architecture");
  });

  await test.step("a search finds sections of all documents", async () => {
    await page.keyboard.press("/");
    await expect(page.getByLabel("Search documentation")).toBeFocused();
    await page.keyboard.type("AGENTRUN_LEASE_MS");
    await expect(page).toHaveURL(/q=AGENTRUN_LEASE_MS/);
    const results = page.getByRole("list", { name: "Results" });
    await expect(results.getByRole("listitem").first()).toBeVisible();
    // Those of what was typed until a moment ago go first.
    await expect(results.getByRole("listitem").filter({ hasNotText: "AGENTRUN_LEASE_MS" })).toHaveCount(0);
    await results.getByRole("link").first().click();
    await expect(page).toHaveURL(/\/docs\/configuration/);
    await expect(page.getByRole("article")).toContainText("AGENTRUN_LEASE_MS");
  });
  await page.goto("/docs/no-such");
  await expect(page.getByRole("heading", { level: 1, name: "Page not found" })).toBeVisible();
  await look(page, "not-found");
  await expectLooks(browser, "/docs", "docs");
  await expectLooks(browser, "/docs/configuration", "doc");
  await page.context().close();
});
