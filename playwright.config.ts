import { defineConfig } from "@playwright/test";

const chromium = process.env.AGENTRUN_TEST_CHROMIUM;

export default defineConfig({
  testDir: "e2e",
  testIgnore: ["pods/**", "gallery.spec.ts"],
  outputDir: "test-results/e2e",
  // Each spec starts a whole product of its own; two at once are what two cores carry.
  workers: 2,
  timeout: 120_000,
  // What is tried again is bounded as well: it has no bound of its own, and would take all the story's time.
  expect: { timeout: 20_000, toPass: { timeout: 20_000 } },
  retries: 0,
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    // Neither the film nor a copy of the page at each step: they cost more than the product does. `--trace on` has both.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false },
    // A page on which something turns is drawn sixty times a second, which here the processor does.
    contextOptions: { reducedMotion: "reduce" },
    screenshot: "only-on-failure",
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The sandbox of a browser that root starts cannot be made.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ],
    },
  },
});
