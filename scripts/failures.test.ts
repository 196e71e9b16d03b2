import { expect, test } from "vitest";
import { failuresOfPlaywright, failuresOfVitest } from "./failures.mjs";

test("a failed test and a file that cannot be loaded are a line each", () => {
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

test("a failed story is found however deep it stands, and an error outside of any is one too", () => {
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
