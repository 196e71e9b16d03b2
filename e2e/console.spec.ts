import {
  byDevice,
  EVERY_LOOK,
  expect,
  look,
  lookInAll,
  newSignedIn,
  optionsOf,
  PAGE_LOOKS,
  PHONE,
  ready,
  test,
} from "./fixtures";
import { apiOf } from "./queue-stories";
import { conversation, newSession, say } from "./stories";

test("pages are accessible and quiet in light, dark, high contrast and forced colours, on a desk and on a phone", async ({
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

  const api = apiOf(first.request, product.url);
  const taskId = await api.add({ title: "a task that waits", runAt: "2100-01-01T00:00:00Z" });

  // Lists, and what their own stories open in every look, are looked at there.
  const pages: [string, string, string | RegExp][] = [
    ["session", session, /small program/],
    ["trace", `${session}?tab=trace`, /small program/],
    ["session-timeline", `${session}?tab=timeline`, /small program/],
    ["session-changes", `${session}?tab=changes`, /small program/],
    ["session-files", `${session}?tab=files`, /small program/],
    ["session-runs", `${session}?tab=runs`, /small program/],
    ["session-storage", `${session}?tab=storage`, /small program/],
    ["session-audit", `${session}?tab=audit`, /small program/],
    ["task", `/queue/${taskId}`, "a task that waits"],
    ["run", `/runs/${runId}`, /Run|run_/],
    ["run-events", `/runs/${runId}?tab=events`, /Run|run_/],
    ["run-timeline", `/runs/${runId}?tab=timeline`, /Run|run_/],
    ["backends", "/backends", "Backends"],
    ["usage", "/usage", "Usage"],
    ["storage", "/storage", "Storage"],
    ["clean-up", "/storage?view=clean-up", "Storage"],
    ["orphans", "/storage?view=orphans", "Storage"],
    ["status", "/status", "Status"],
  ];
  for (const looks of byDevice(PAGE_LOOKS)) {
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

  await test.step("on a phone an agent is allowed, steered and cancelled", async () => {
    await first.setViewportSize(PHONE);
    const interrupt = first.getByRole("button", { name: "Interrupt", exact: true });
    await first.getByRole("button", { name: "Accept", exact: true }).click();
    await expect(interrupt).toBeHidden({ timeout: 60_000 });
    await say(first, "Do something long, please");
    await expect(conversation(first)).toContainText("step 1 of 8 is done", { timeout: 60_000 });
    await look(first, "phone-busy");
    await say(first, "That is enough, stop there", "Steer");
    await expect(conversation(first)).toContainText("as you asked", { timeout: 60_000 });
    await expect(interrupt).toBeHidden({ timeout: 60_000 });
    await say(first, "RUN `sleep 36037`");
    await expect(interrupt).toBeVisible({ timeout: 60_000 });
    await first.goto(`/runs/${runId}`);
    await ready(first);
    await first.getByRole("button", { name: "Cancel", exact: true }).click();
    const dialog = first.getByRole("dialog", { name: "Cancel run" });
    await look(first, "phone-cancel");
    await dialog.getByRole("button", { name: "Cancel run" }).click();
    await expect(first.getByRole("region", { name: "Cancelled" })).toBeVisible({ timeout: 60_000 });
  });
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
  await lookInAll(page, EVERY_LOOK, "sign-in");
  await page.goto(product.signInUrl);
  await expect(page).toHaveURL(/\/sign-in/);
  const answer = await page.request.get("/api/v1/sessions");
  expect(answer.status()).toBe(401);
  expect((await answer.json()).error).toMatchObject({ failureKind: "unauthenticated", reason: "unauthenticated" });
});
