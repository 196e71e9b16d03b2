import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

/** Pictures of every page for people to look at, and those of the documents: `npm run screenshots`. */
export default defineConfig({
  ...base,
  testMatch: "gallery.spec.ts",
  testIgnore: [],
  outputDir: "test-results/gallery",
  timeout: 600_000,
});
