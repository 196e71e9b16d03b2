import { byDevice, expect, expectAccessible, LOOKS, lookInAll, newSignedIn, optionsOf, ready, test } from "./fixtures";
import { conversation, newSession, say } from "./stories";

test("every page is accessible and quiet, in light and dark, on a desk and on a phone", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(600_000);
  const { product, storageState } = shared;
  const first = await newSignedIn(browser, shared);
  watchPage(first);
  await newSession(first, { profile: "demo", message: "Please write a small program for me" });
  await expect(conversation(first)).toContainText("was written and then improved", { timeout: 90_000 });
  await say(first, "And ask me for approval of something");
  await expect(first.getByRole("button", { name: "Accept", exact: true })).toBeVisible({ timeout: 60_000 });
  const session = new URL(first.url()).pathname;
  const run = await first.request.get("/api/v1/runs?limit=1");
  const runId = (await run.json()).items[0].id as string;

  const pages: [string, string, string | RegExp][] = [
    ["overview", "/", "Overview"],
    ["sessions", "/sessions", "Sessions"],
    ["session", session, /small program/],
    ["trace", `${session}?tab=trace`, /small program/],
    ["session-runs", `${session}?tab=runs`, /small program/],
    ["session-storage", `${session}?tab=storage`, /small program/],
    ["runs", "/runs", "Runs"],
    ["run", `/runs/${runId}`, /Run|run_/],
    ["approvals", "/approvals", "Approvals"],
    ["runners", "/runners", "Runners"],
    ["backends", "/backends", "Backends"],
    ["storage", "/storage", "Storage"],
    ["status", "/status", "Status"],
    ["audit", "/audit", "Audit"],
    ["settings", "/settings", "Settings"],
    ["docs", "/docs", "Documentation"],
    ["document", "/docs/queue", /.+/],
  ];
  for (const looks of byDevice(LOOKS)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    for (const [name, address, heading] of pages) {
      await page.goto(address);
      await ready(page);
      await expect(page.getByRole("heading", { level: 1 }).filter({ hasText: heading })).toBeVisible();
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      await lookInAll(page, looks, name);
    }
    await context.close();
  }
  await first.getByRole("button", { name: "Decline", exact: true }).click();
  await expect(first.getByRole("button", { name: "Interrupt", exact: true })).toBeHidden({ timeout: 60_000 });
});

test("a stranger is led to sign in, a link works once, and what is signed out stays out", async ({
  browser,
  shared: { product },
}) => {
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  await page.goto("/sessions");
  await expect(page).toHaveURL(/\/sign-in/);
  await ready(page);
  await expectAccessible(page);
  await page.goto(product.signInUrl);
  await expect(page).toHaveURL(/\/sign-in/);
  const answer = await page.request.get("/api/v1/sessions");
  expect(answer.status()).toBe(401);
  expect((await answer.json()).error).toMatchObject({ failureKind: "unauthenticated", reason: "unauthenticated" });
});
