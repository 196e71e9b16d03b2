// Runs every test that one machine without a cluster can, and ends with one line: N passed, N failed.
// Usage: npm test
import { existsSync } from "node:fs";
import path from "node:path";
import { ensureBuild } from "./build.mjs";
import { ensureChromium } from "./chromium.mjs";
import { projectRoot } from "./sources.mjs";
import { countOf, readReport, runProgram, runSuites, vitest } from "./suites.mjs";
import { verify } from "./verify.mjs";

await runSuites([() => verify(), vitest("vitest.config.ts"), playwright]);

async function playwright(reports) {
  if (!existsSync(path.join(projectRoot, "e2e"))) return { passed: 0, failed: 0 };
  const chromium = ensureChromium();
  if (!chromium) return { passed: 0, failed: 1 };
  await ensureBuild();
  const file = path.join(reports, "playwright.json");
  const code = await runProgram("playwright", ["test", "--reporter=list,json"], {
    AGENTRUN_TEST_CHROMIUM: chromium,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const report = readReport(file);
  if (!report) return { passed: 0, failed: 1 };
  const { stats, errors } = report;
  return {
    ...countOf(code, stats.expected + stats.flaky, stats.unexpected + errors.length),
    skipped: stats.skipped,
  };
}
