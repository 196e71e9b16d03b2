import type { Page } from "@playwright/test";
import { copied, expect, LOOKS, lookInAll, newSignedIn, ready, startSignedIn, test } from "./fixtures";
import { RecordingProvider } from "./recording-provider";

const KEY = "sk-recorded-0123456789abcdefghijklmnop";
const card = (page: Page, profile: string) => page.getByRole("listitem", { name: profile, exact: true });

test("a provider that fails is seen and tried again, a profile is switched off and on, and its tasks say so", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(240_000);
  await using provider = await RecordingProvider.start();
  provider.listStatus = 401;
  const signedIn = await startSignedIn(browser, {
    AGENTRUN_BACKENDS: provider.backendsFile,
    RECORDED_PROVIDER_KEY: KEY,
    // By hand alone: a try that comes by itself would change what is looked at.
    AGENTRUN_BACKEND_PROBE_INTERVAL_MS: "86400000",
  });
  await using product = signedIn.product;
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  await page.goto("/backends");
  await ready(page);
  const codex = card(page, "codex");

  await test.step("what the first try found stands on its card, and a test finds that it is mended", async () => {
    await expect(codex).toContainText("Last test failed");
    await expect(codex).toContainText("it refused the key");
    await expect(codex).toContainText("Set (environment variable)");
    await expect(card(page, "minimax-m3")).toHaveCount(0);
    await page.getByText("Set up another model").click();
    await expect(page.getByText("minimax-m3", { exact: true })).toBeVisible();
    provider.listStatus = 200;
    await codex.getByRole("button", { name: "Test now" }).click();
    await expect(codex).toContainText("it answers");
    await expect(codex.getByText("Ready", { exact: true })).toBeVisible();
    await codex.getByText("1 model", { exact: true }).click();
    await expect(codex.getByText("recorded", { exact: true }).last()).toBeVisible();
  });

  await test.step("what is done to it is copied as calls, which hold no key", async () => {
    await codex.getByRole("button", { name: "Copy codex as curl" }).click();
    await page.getByRole("menuitem", { name: "Copy switch-off as curl" }).click();
    await expect
      .poll(() => copied(page))
      .toMatch(/-X PATCH .*-d '\{"isEnabled":false,"reason":"why"\}' '.*\/api\/v1\/backends\/codex'$/);
    expect(await copied(page)).not.toContain(KEY);
  });

  await test.step("switched off, its tasks wait and say why", async () => {
    await codex.getByRole("button", { name: "Switch off…" }).click();
    const dialog = page.getByRole("dialog", { name: "Switch codex off?" });
    await expect(dialog).toContainText("0 queue tasks will wait");
    await dialog.getByLabel("Reason").fill("the bill of November");
    await dialog.getByRole("button", { name: "Switch off" }).click();
    await expect(codex).toContainText("the bill of November");
    await page
      .locator("[data-sonner-toast]")
      .filter({ hasText: "codex switched off" })
      .getByRole("button", { name: "Undo" })
      .click();
    await expect(codex).not.toContainText("the bill of November");
    await expect(page.getByText("Change to codex undone")).toBeVisible();
    await codex.getByRole("button", { name: "Switch off…" }).click();
    await dialog.getByLabel("Reason").fill("the bill of November");
    await dialog.getByRole("button", { name: "Switch off" }).click();
    await expect(codex).toContainText("the bill of November");
    const headers = { origin: product.url };
    const data = { title: "Waits for its backend", backendProfile: "codex", payload: { text: "hello" } };
    const added = await page.request.post("/api/v1/queue/tasks", { data, headers });
    const { id } = await added.json();
    const task = async () => (await page.request.get(`/api/v1/queue/tasks/${id}`)).json();
    await expect
      .poll(async () => (await task()).blocker)
      .toMatchObject({ kind: "backend-disabled", message: expect.stringContaining("the bill of November") });
    await page.goto("/queue");
    await ready(page);
    await expect(page.getByText("backend codex is switched off: the bill of November").first()).toBeVisible();
    await page.goto("/backends");
    await ready(page);
    await expect(codex).toContainText("1 waiting");
  });

  await test.step("its limit is changed where it stands, and taken back", async () => {
    await codex.getByRole("button", { name: "Concurrent queue tasks of codex: No limit, change" }).click();
    const limit = codex.getByLabel("Concurrent queue tasks of codex", { exact: true });
    await limit.fill("3");
    await limit.press("Enter");
    await expect(codex.getByRole("button", { name: "Concurrent queue tasks of codex: 3, change" })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).last().click();
    await expect(codex.getByRole("button", { name: /of codex: No limit, change/ })).toBeVisible();
  });

  await test.step("the page is accessible, and fits a phone, in light and dark", async () => {
    await lookInAll(page, LOOKS, "backends");
  });

  await test.step("switched on, its tasks run", async () => {
    await codex.getByRole("button", { name: "Switch on" }).click();
    await expect(codex).toContainText("Ready");
    // Whoever takes it back may have gone on to another page.
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await expect(page).toHaveURL(/\/queue/);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await expect(page.getByText("Change to codex undone").last()).toBeVisible();
    await page.goto("/backends");
    await ready(page);
    await expect(codex).toContainText("Switched off");
    await codex.getByRole("button", { name: "Switch on" }).click();
    await expect(codex).toContainText("Ready");
    await expect(codex).toContainText("0 waiting", { timeout: 60_000 });
    await expect.poll(() => provider.requests.length, { timeout: 90_000 }).toBeGreaterThan(0);
    expect(await page.content()).not.toContain(KEY);
  });
  await page.context().close();
});
