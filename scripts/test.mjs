// Runs every test that one machine without a cluster can, and ends with one line: N passed, N failed.
// Usage: npm test
import { playwright, runSuites, vitest } from "./suites.mjs";
import { verify } from "./verify.mjs";

await runSuites([() => verify(), vitest("vitest.config.ts"), playwright("playwright.config.ts")]);
