// Runs suites of tests and adds them up to one line: N passed, N failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { ensureBuild } from "./build.mjs";
import { ensureChromium } from "./chromium.mjs";
import { failuresOfPlaywright, failuresOfVitest } from "./failures.mjs";
import { projectRoot } from "./sources.mjs";

/** Runs suites one after the other, prints what failed and, as the last line, the sum, and sets the exit code. */
export async function runSuites(suites) {
  const reports = mkdtempSync(path.join(tmpdir(), "agentrun-reports-"));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const names = [];
  try {
    for (const suite of suites) {
      const { passed, failed, skipped = 0, failures = [] } = await suite(reports);
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      names.push(...failures);
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  if (total.skipped > 0) console.log(`${total.skipped} skipped: see above.`);
  for (const name of names) console.log(`FAILED ${name}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
  console.log(`${total.passed} passed, ${total.failed} failed`);
}

/** A suite of vitest by its configuration file. */
export function vitest(config) {
  return async (reports) => {
    const file = path.join(reports, "vitest.json");
    const outputs = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = await runProgram("vitest", ["run", `--config=${config}`, ...outputs]);
    const report = readReport(file);
    if (!report) return { passed: 0, failed: 1, failures: [`${config}: no report`] };
    // A file that cannot be loaded has no tests that could fail.
    const unloadedFiles = report.testResults.filter(
      (result) => result.status === "failed" && result.assertionResults.length === 0,
    );
    return {
      ...toCounts(code, report.numPassedTests, report.numFailedTests + unloadedFiles.length),
      skipped: report.numPendingTests + report.numTodoTests,
      failures: failuresOfVitest(report, projectRoot),
    };
  };
}

/** A suite of Playwright by its configuration file, on a build of the product. */
export function playwright(config) {
  return async (reports) => {
    const chromium = ensureChromium();
    if (!chromium) return { passed: 0, failed: 1, failures: ["no Chromium"] };
    await ensureBuild();
    const file = path.join(reports, "playwright.json");
    const code = await runProgram("playwright", ["test", `--config=${config}`, "--reporter=list,json"], {
      AGENTRUN_TEST_CHROMIUM: chromium,
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    });
    const report = readReport(file);
    if (!report) return { passed: 0, failed: 1, failures: [`${config}: no report`] };
    const { stats, errors } = report;
    return {
      ...toCounts(code, stats.expected + stats.flaky, stats.unexpected + errors.length),
      skipped: stats.skipped,
      failures: failuresOfPlaywright(report),
    };
  };
}

/** A suite that ends badly has failed, even if no single test says so. */
function toCounts(code, passed, failed) {
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

async function runProgram(program, args, env = {}) {
  const child = spawn(path.join(projectRoot, "node_modules", ".bin", program), args, {
    cwd: projectRoot,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, "close");
  return code;
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}
