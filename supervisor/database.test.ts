import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { startDatabase } from "./database";
import { isProcessAlive } from "./processes/alive";

test("stopping while PostgreSQL restarts leaves none running", async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-database-"));
  const pidFile = path.join(dataDir, "pg", "postmaster.pid");
  const pidOf = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8").split("\n")[0]) : 0);
  const said: string[] = [];
  const database = await startDatabase({ dataDir, password: "of-a-test", print: (line) => said.push(line) });
  const killed = pidOf();
  process.kill(killed, "SIGKILL");
  const again = await vi.waitFor(
    () => {
      const pid = pidOf();
      if (pid === 0 || pid === killed || database.pid() !== null) throw new Error("not being started yet");
      return pid;
    },
    { timeout: 20_000, interval: 1 },
  );
  await database.stop(10_000);

  expect(said[0]).toContain("SIGKILL");
  expect(await isProcessAlive(again)).toBe(false);
  await rm(dataDir, { recursive: true });
});
