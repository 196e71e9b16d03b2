// Runs every test that one machine without a cluster can, and ends with one line: N passed, N failed.
// Usage: npm test
import { playwright, runSuites, vitest } from "./suites.mjs";
import { verify } from "./verify.mjs";

console.log(
  "Not run here are the tests against a cluster: npm run test:cluster, and npm run test:pods (docs/KUBERNETES.md, Test).",
);
await runSuites([() => verify(), vitest("vitest.config.ts"), playwright("playwright.config.ts")]);
