import { expect, LOOKS, lookInAll, newSignedIn, ready, test } from "./fixtures";

test("the status page shows each loop of the worker, what is reached, and what verifies", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(180_000);
  const page = await newSignedIn(browser, shared);
  watchPage(page);
  await page.goto("/status");
  await ready(page);
  const loops = page.getByRole("table", { name: "Background jobs" });
  const dispatcher = loops.getByRole("row").filter({ hasText: "dispatcher" });
  await expect(dispatcher).toContainText("On schedule");
  await expect(dispatcher).toContainText(/ago|now|running for/);
  const part = (name: string) => page.getByRole("term").filter({ hasText: name }).locator("xpath=..");
  await expect(part("Worker")).toContainText("All background jobs are on schedule");
  await expect(part("Notifications")).toContainText("Listening");
  await expect(part("Clocks")).toContainText("In sync");
  await expect(part("Archive")).toContainText("Reachable");
  await expect(part("Schema")).toContainText(/(\d+) of \1/);
  await expect(part("Executor")).toContainText("Reachable");
  await page.getByRole("button", { name: "Verify Queue counts" }).click();
  await expect(part("Queue counts")).toContainText(/Checked \d+ tasks?, all totals match\./);
  await page.getByRole("button", { name: "Verify Usage totals" }).click();
  await expect(part("Usage totals")).toContainText(/Checked \d+ calls?, all totals match\./);
  await lookInAll(page, LOOKS, "status");
  await page.context().close();
});
