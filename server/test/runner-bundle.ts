import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { beforeAll } from "vitest";

/**
 * Bundles the runner as it is in its image, once for the tests of a file; returns the bundle's path. It is removed
 * after them.
 */
export function runnerBundle(): () => string {
  const folder = path.resolve("test-results", `runner-${process.pid}`);
  const bundle = path.join(folder, "runner.mjs");
  beforeAll(() => {
    execFileSync(process.execPath, ["scripts/bundle-runner.mjs", bundle]);
    return () => rmSync(folder, { recursive: true, force: true });
  });
  return () => bundle;
}
