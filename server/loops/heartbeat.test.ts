import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { Leadership, Live } from "@/server/live";
import { testContext } from "@/server/test/context";
import { startHeartbeat } from "./heartbeat";
import { startLoop } from "./loop";
import { LoopNotes } from "./notes";

const SILENT = pino({ level: "silent" });

/** Asks as a cluster does: with the program that the image starts. */
function isAlive(file: string): boolean {
  try {
    execFileSync("sh", ["deploy/entrypoint.sh", "alive"], {
      env: { ...process.env, AGENTRUN_HEARTBEAT_FILE: file },
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-heartbeat-"));
  return {
    file: path.join(folder, "heartbeat"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("a process is alive only with a recent beat", async () => {
  await using at = await place();
  expect(isAlive(at.file)).toBe(false);
  await writeFile(at.file, `${Math.floor(Date.now() / 1_000) - 61}\n`);
  expect(isAlive(at.file)).toBe(false);
  const heart = startHeartbeat({ file: at.file, log: SILENT, longestPassMs: () => 0, beatMs: 5 });
  await expect.poll(() => isAlive(at.file)).toBe(true);
  heart.stop();
});

test("failing passes are no standstill; a pass that never ends is one, until it ends", async () => {
  await using at = await place();
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const live = new Live({
    db: ctx.database.db,
    databaseUrl: database.url,
    log: SILENT,
    endedTokens: async () => new Set(),
  });
  const leadership = new Leadership(database.url, SILENT);
  leadership.start(["purge"]);
  const notes = new LoopNotes(ctx);
  let release = () => {};
  let failed = 0;
  const run = () => {
    failed += 1;
    if (failed <= 1) return Promise.reject(new Error("the database is away"));
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  };
  const loop = startLoop({ live, log: SILENT, leadership, notes }, { name: "purge", intervalMs: 5, run });
  let withheld = 0;
  const write = () => {
    withheld += 1;
  };
  const log = pino({ level: "error" }, { write });
  const heart = startHeartbeat({
    file: at.file,
    log,
    longestPassMs: () => notes.longestPassMs(),
    beatMs: 5,
    passMaxMs: 200,
  });
  await expect.poll(() => failed, { timeout: 10_000 }).toBe(1);
  expect(isAlive(at.file)).toBe(true);

  await expect.poll(() => withheld, { timeout: 10_000 }).toBeGreaterThan(0);
  await rm(at.file, { force: true });
  const before = withheld;
  await expect.poll(() => withheld).toBeGreaterThan(before + 3);
  expect(isAlive(at.file)).toBe(false);

  release();
  await expect.poll(() => isAlive(at.file)).toBe(true);
  const stopped = loop.stop();
  release();
  await stopped;
  heart.stop();
  await Promise.all([notes.close(), leadership.close(), live.close()]);
});
