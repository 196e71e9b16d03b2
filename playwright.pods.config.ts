import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

/** Stories through the pods of a real node; building the images takes minutes, so they are a suite of their own. */
export default defineConfig({
  ...base,
  // All have one cluster, and count what is in it.
  workers: 1,
  testDir: "e2e/pods",
  testIgnore: [],
  outputDir: "test-results/e2e-pods",
  globalSetup: "./e2e/pods/setup.ts",
  globalTimeout: 40 * 60_000,
  timeout: 300_000,
  expect: { timeout: 120_000 },
});
