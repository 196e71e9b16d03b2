// Runs the tests against a real Kubernetes API and a real bucket, and ends with one line: N passed, N failed.
// Usage: npm run test:cluster
import { runSuites, vitest } from "./suites.mjs";

await runSuites([vitest("vitest.cluster.config.ts")]);
