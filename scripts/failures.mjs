// Names the tests that failed, so that the end of a long log tells what the beginning of it knew.
import path from "node:path";

const MAX_REASON = 600;

/** The failed tests of a report by vitest's JSON reporter, and the files of it that could not be loaded. */
export function failuresOfVitest(report, root) {
  return report.testResults.flatMap((file) => {
    const name = path.relative(root, file.name);
    if (file.status === "failed" && file.assertionResults.length === 0) return [failure(name, "", file.message)];
    return file.assertionResults
      .filter((result) => result.status === "failed")
      .map((result) => failure(name, result.fullName, result.failureMessages[0]));
  });
}

/** The failed stories of a report by Playwright's JSON reporter, and its errors outside of any story. */
export function failuresOfPlaywright(report) {
  const suiteFailures = (suite) => [
    ...(suite.specs ?? [])
      .filter((spec) => !spec.ok)
      .map((spec) => failure(spec.file, spec.title, firstErrorMessage(spec))),
    ...(suite.suites ?? []).flatMap(suiteFailures),
  ];
  return [
    ...report.errors.map((error) => failure("playwright", "", error.message)),
    ...report.suites.flatMap(suiteFailures),
  ];
}

function firstErrorMessage(spec) {
  const results = spec.tests.flatMap((run) => run.results);
  return results.find((result) => result.error)?.error.message;
}

/** One line: where, what, and the beginning of why. */
function failure(file, title, message) {
  const reason = (message ?? "")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    .replace(/\u001b\[[0-9;]*m/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ");
  return [file, title, reason.slice(0, MAX_REASON)].filter(Boolean).join(": ");
}
