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
  const loops = page.getByRole("table", { name: "Loops" });
  const dispatcher = loops.getByRole("row").filter({ hasText: "dispatcher" });
  await expect(dispatcher).toContainText("goes on");
  await expect(dispatcher).toContainText(/ago|now|under way/);
  const part = (name: string) => page.getByRole("term").filter({ hasText: name }).locator("xpath=..");
  await expect(part("Worker")).toContainText("All its loops go on");
  await expect(part("Notifications")).toContainText("listening");
  await expect(part("Clocks")).toContainText("agree");
  await expect(part("Archive")).toContainText("reachable");
  await expect(part("Schema")).toContainText(/(\d+) of \1/);
  await expect(part("Executor")).toContainText("reachable");
  await page.getByRole("button", { name: "Verify Queue's counts" }).click();
  await expect(part("Queue's counts")).toContainText(/Equal, over \d+ tasks?\./);
  await page.getByRole("button", { name: "Verify Usage's sums" }).click();
  await expect(part("Usage's sums")).toContainText(/Equal, over \d+ calls?\./);
  await lookInAll(page, LOOKS, "status");
  await page.context().close();
});
