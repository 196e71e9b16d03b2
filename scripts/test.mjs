// Runs every test that one machine without a cluster can, and ends with one line: N passed, N failed.
// Usage: npm test
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { ensureBuild } from "./build.mjs";
import { ensureChromium } from "./chromium.mjs";
import { projectRoot } from "./sources.mjs";
import { verify } from "./verify.mjs";

const reports = mkdtempSync(path.join(tmpdir(), "agentrun-reports-"));
const total = { passed: 0, failed: 0 };
let skipped = 0;
try {
  add(await verify());
  add(await runVitest());
  add(await runPlaywright());
} finally {
  rmSync(reports, { recursive: true, force: true });
}
if (skipped > 0) console.log(`${skipped} skipped: see above.`);
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed`);

function add(counts) {
  total.passed += counts.passed;
  total.failed += counts.failed;
}

async function runVitest() {
  const file = path.join(reports, "vitest.json");
  const code = await run("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`]);
  const report = readReport(file);
  if (!report) return { passed: 0, failed: 1 };
  skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded has no tests that could fail.
  const broken = report.testResults.filter(
    (result) => result.status === "failed" && result.assertionResults.length === 0,
  );
  return countOf(code, report.numPassedTests, report.numFailedTests + broken.length);
}

async function runPlaywright() {
  if (!existsSync(path.join(projectRoot, "e2e"))) return { passed: 0, failed: 0 };
  const chromium = ensureChromium();
  if (!chromium) return { passed: 0, failed: 1 };
  await ensureBuild();
  const file = path.join(reports, "playwright.json");
  const code = await run("playwright", ["test", "--reporter=list,json"], {
    AGENTRUN_TEST_CHROMIUM: chromium,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const report = readReport(file);
  if (!report) return { passed: 0, failed: 1 };
  skipped += report.stats.skipped;
  return countOf(code, report.stats.expected + report.stats.flaky, report.stats.unexpected + report.errors.length);
}

/** A suite that ends badly has failed, even if no single test says so. */
function countOf(code, passed, failed) {
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

async function run(program, args, env = {}) {
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
