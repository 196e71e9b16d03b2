// Runs the tests of storage under faults at length, an hour or more, and ends with one line: N passed, N failed.
// Usage: npm run test:faults   (AGENTRUN_FAULTS_SEED=N makes the choices of an earlier run again)
import { randomInt } from "node:crypto";
import process from "node:process";
import { runSuites, vitest } from "./suites.mjs";

process.env.AGENTRUN_FAULTS = "long";
process.env.AGENTRUN_FAULTS_SEED ??= String(randomInt(2 ** 31));

await runSuites([vitest("vitest.faults.config.ts"), sayAgain]);

async function sayAgain() {
  console.log(`seed ${process.env.AGENTRUN_FAULTS_SEED}`);
  return { passed: 0, failed: 0 };
}
