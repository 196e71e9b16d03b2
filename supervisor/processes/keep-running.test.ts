import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { keepRunning } from "./keep-running";

test("retries a program that the system cannot start until it can", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-keep-"));
  const file = path.join(folder, "program.mjs");
  await writeFile(file, "process.exit(0)");
  const env: NodeJS.ProcessEnv = { NODE_ENV: "test" };
  const failures: string[] = [];
  const exits: (number | null)[] = [];
  const kept = keepRunning({
    spec: { name: "program", file, env, hasChannel: false, onLine: () => undefined },
    backoffMinMs: 1,
    backoffMaxMs: 1,
    stableMs: 60_000,
    onExit: ({ code }) => {
      exits.push(code);
      // Linux refuses a variable of this length.
      if (exits.length === 1) env.TOO_LONG = "x".repeat(200_000);
    },
    onStartFailed: (error) => {
      failures.push(error.message);
      if (failures.length === 2) delete env.TOO_LONG;
    },
  });
  await vi.waitFor(() => expect(exits.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 });

  expect(failures).toEqual([expect.stringContaining("E2BIG"), expect.stringContaining("E2BIG")]);
  await kept.stop(1_000);
  await rm(folder, { recursive: true });
});
