import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { expect, newSignedIn, ready, test } from "./fixtures";

/** Script of a list's page, compressed: what a phone on a slow network can be asked to wait for. */
const BUDGET_KB = 250;
const LISTS = [
  "/",
  "/sessions",
  "/queue",
  "/schedules",
  "/approvals",
  "/runs",
  "/runners",
  "/backends",
  "/budgets",
  "/usage",
  "/storage",
  "/audit",
  "/settings/webhooks",
];

/** Loads a page as somebody does who comes for the first time, and weighs its script. */
async function weigh(page: Page, address: string): Promise<number> {
  const bodies: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") bodies.push(response.body());
  });
  await page.goto(address);
  await ready(page);
  // What a page loads for itself when it has come, too.
  await page.waitForLoadState("networkidle");
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
  return sizes.reduce((sum, size) => sum + size, 0) / 1_024;
}

test("a list's page loads no more script than its budget", async ({ browser, shared }) => {
  test.setTimeout(180_000);
  const weights: Record<string, number> = {};
  for (const address of LISTS) {
    const page = await newSignedIn(browser, shared);
    weights[address] = Math.round(await weigh(page, address));
    await page.context().close();
  }
  console.log("script of a page, KB compressed:", JSON.stringify(weights));
  for (const [address, weight] of Object.entries(weights)) {
    expect(weight, address).toBeGreaterThan(100);
    expect(weight, address).toBeLessThanOrEqual(BUDGET_KB);
  }
});
