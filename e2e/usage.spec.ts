import type { Locator, Page } from "@playwright/test";
import { createTestDatabase } from "@/db/test/database";
import { byDevice, expect, LOOKS, lookInAll, optionsOf, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { RecordingProvider } from "./recording-provider";
import { conversation, newSession } from "./stories";

const PHONE_PX = 640;
const PRICES = { inputPerMillion: 2, outputPerMillion: 10 };

test("what a turn took of its model is told on its session's, its run's and its backend's page, and in the list", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  await using database = await createTestDatabase();
  await using provider = await RecordingProvider.start({ prices: PRICES });
  await using product = await Product.start({
    DATABASE_URL: database.url,
    AGENTRUN_BACKENDS: provider.backendsFile,
    RECORDED_PROVIDER_KEY: "sk-recorded-provider-canary-0123456789",
  });
  const first = await browser.newPage({ baseURL: product.url });
  await signIn(first, product);
  await first.goto("/backends");
  await expect(first.getByText(/No calls (today|in the last)/).first()).toBeVisible();
  await newSession(first, { profile: "codex", message: "Good morning" });
  await expect(conversation(first)).toContainText("This is the first message of our conversation", { timeout: 60_000 });
  const header = first.getByRole("banner").or(first.locator("header"));
  await expect(header.getByText(/tokens?, \$0\.0/)).toBeVisible();
  const session = new URL(first.url()).pathname;

  // As if it had been used on the days before, too.
  const client = await database.connect();
  const { rows } = await client.query<{ runId: string }>(`
    insert into agentrun_model_calls (id, tenant_id, project_id, run_id, session_id, backend_profile, model, started_at,
      first_byte_ms, duration_ms, outcome, http_status, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
      cost_micros, currency)
    select id || '_' || day, tenant_id, project_id, run_id, session_id, backend_profile, 'another-model',
      started_at - day * interval '1 day', 900, 4000, case when day = 3 then 'failed' else 'ok' end, 200, 24000 * day,
      18000 * day, 2600 * day, 900 * day, 74000 * day, 'USD'
    from agentrun_model_calls, generate_series(1, 5) day where outcome = 'ok' returning run_id as "runId"`);
  const storageState = await first.context().storageState();
  const use = "Usage";
  for (const looks of byDevice(LOOKS)) {
    const hasTouch = looks[0].viewport.width < PHONE_PX;
    const context = await browser.newContext({ baseURL: product.url, storageState, hasTouch, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    const look = async (what: string) => {
      await ready(page);
      await lookInAll(page, looks, `usage-${what}`);
    };
    await page.goto(session);
    await expect(page.locator("header").getByText(/k tokens, \$1\.\d\d/)).toBeVisible();
    await look("session");
    await page.goto("/sessions?columns=said,tokens");
    const listed = page.getByRole("table", { name: "Sessions" });
    await expect(listed.getByTitle(/^[\d,]+ in \/ [\d,]+ cached \/ [\d,]+ out$/)).toHaveText(/^\d+k \$1\.\d\d$/);
    await expect(listed).toContainText("This is the first message of our conversation");
    await look("sessions");
    await page.goto(`/runs/${rows[0]?.runId}`);
    const ofRun = page.locator("section").filter({ has: page.getByRole("heading", { name: use, exact: true }) });
    await expect(ofRun).toContainText(/\d+ calls, 1 failed/);
    await expect(ofRun).toContainText(/k tokens, \d+% cached/);
    await expect(ofRun.getByRole("list", { name: "By model" })).toContainText("another-model");
    await ofRun.scrollIntoViewIfNeeded();
    await look("run");
    await page.goto("/usage?by=session");
    const ofSessions = page.getByRole("table", { name: "Usage by session" });
    await expect(ofSessions.getByRole("row", { name: /100%.*\$1\.\d\d/ })).toBeVisible();
    await expect(page.getByRole("img", { name: /^Tokens by day from .*: \d+k tokens in total$/ })).toBeVisible();
    await look("by-session");
    await page.getByRole("button", { name: "Today", exact: true }).click();
    await expect(page).toHaveURL(/period=today/);
    await page.getByRole("button", { name: "Profile", exact: true }).click();
    await page.getByRole("table", { name: "Usage by profile" }).getByRole("link", { name: "codex" }).click();
    await expect(page.getByRole("button", { name: "Profile: codex, remove" })).toBeVisible();
    await page.goto("/backends");
    await ready(page);
    const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "codex", exact: true }) });
    const latency = card.getByRole("region", { name: "Latency of codex" });
    await expect(latency.getByRole("img", { name: /^Calls of the last 24 h: \d+ calls?, 0% failed/ })).toBeVisible();
    await page.getByRole("button", { name: "7 days", exact: true }).click();
    await expect(page).toHaveURL(/within=7d/);
    await expect(
      latency.getByRole("img", { name: /^Calls of the last 7 days: \d+ calls?, [\d.]+% failed/ }),
    ).toBeVisible();
    await expect(card.getByRole("img", { name: /Tokens by day, the last 7 days: \d+k tokens in/ })).toBeVisible();
    await expect(card).toContainText("Last 7 days");
    await expect(card).toContainText(/Of \d+ calls: 1 failed\./);
    await look("backends");
    await readPoints(page, latency.getByRole("slider"), hasTouch);
    await latency.getByRole("slider").press("ArrowLeft");
    await lookInAll(page, looks, "backends-pointed");
    await page.keyboard.press("Escape");
    await card.getByText("Figures").first().click();
    await expect(card.getByRole("row")).toHaveCount(8);
    await look("backends-figures");
    await context.close();
  }
});

/** Points at a chart of seven days: it and the other of these days tell the point, within the window, and nothing moves. */
async function readPoints(page: Page, points: Locator, hasTouch: boolean): Promise<void> {
  const readouts = page.locator("[data-chart-readout]");
  const crosshairs = page.locator("[data-crosshair]");
  await points.scrollIntoViewIfNeeded();
  const box = await points.boundingBox();
  if (box === null) throw new Error("the chart is not there");
  // The edges, where what is told has no room on one side.
  for (const x of [1, box.width / 2, box.width - 1]) {
    if (hasTouch) await page.touchscreen.tap(box.x + x, box.y + 10);
    else await page.mouse.move(box.x + x, box.y + 10);
    await expect(crosshairs).toHaveCount(2);
    await expect(readouts).toHaveCount(2);
    await expect(readouts.filter({ hasText: "First byte, median" })).toBeVisible();
    const outside = await readouts.evaluateAll(
      (shown) =>
        shown.filter((one) => {
          const { left, top, right, bottom } = one.getBoundingClientRect();
          return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
        }).length,
    );
    expect(outside).toBe(0);
    expect(await points.boundingBox()).toEqual(box);
  }
  await expect(points).toHaveAttribute("aria-valuenow", "6");
  if (hasTouch) await page.touchscreen.tap(5, 5);
  else await page.mouse.move(5, 5);
  await expect(readouts).toHaveCount(0);
  await points.focus();
  await points.press("Home");
  await expect(points).toHaveAttribute("aria-valuenow", "0");
  await points.press("ArrowRight");
  await points.press("ArrowRight");
  await points.press("ArrowLeft");
  await expect(points).toHaveAttribute("aria-valuenow", "1");
  await expect(points).toHaveAttribute("aria-valuetext", /: Calls \d+, Errors 0%, First byte, median 900 ms, /);
  await expect(crosshairs).toHaveCount(2);
  await points.press("Escape");
  await expect(crosshairs).toHaveCount(0);
  await expect(points).toBeFocused();
}
