import { expect, test } from "vitest";
import { failuresOfPlaywright, failuresOfVitest } from "./failures.mjs";

test("prints one line per failed test and per file that cannot be loaded", () => {
  const passed = { status: "passed", fullName: "adds", failureMessages: [] };
  const failed = {
    status: "failed",
    fullName: "sums adds",
    failureMessages: ["Error: \u001b[31m1 is not 2\n\n  at x"],
  };
  const report = {
    testResults: [
      { name: "/p/a.test.ts", status: "failed", message: "", assertionResults: [passed, failed] },
      { name: "/p/b.test.ts", status: "failed", message: "Cannot find module", assertionResults: [] },
      { name: "/p/c.test.ts", status: "passed", message: "", assertionResults: [passed] },
    ],
  };
  expect(failuresOfVitest(report, "/p")).toEqual([
    "a.test.ts: sums adds: Error: 1 is not 2 at x",
    "b.test.ts: Cannot find module",
  ]);
});

test("finds a failed story at any depth, and an error outside of any", () => {
  const story = (title: string, ok: boolean) => ({
    title,
    ok,
    file: "queue.spec.ts",
    tests: [{ results: ok ? [{}] : [{ error: { message: `Timeout ${"x".repeat(700)}` } }] }],
  });
  const report = {
    errors: [{ message: "no tests found" }],
    suites: [{ specs: [story("runs", true)], suites: [{ specs: [story("stops", false)] }] }],
  };
  expect(failuresOfPlaywright(report)).toEqual([
    "playwright: no tests found",
    `queue.spec.ts: stops: Timeout ${"x".repeat(592)}`,
  ]);
});
