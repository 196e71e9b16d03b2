import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { pruneBuilds } from "./prune-builds.mjs";

test("removes old builds, except one in use", () => {
  const root = mkdtempSync(path.join(tmpdir(), "agentrun-builds-"));
  const longAgo = Date.now() / 1_000 - 86_400;
  const builds = ["a", "b", "c", "d"].map((letter, age) => {
    const folder = path.join(root, letter.repeat(16));
    mkdirSync(path.join(folder, "in-use"), { recursive: true });
    // The last but one is in use by this process, the others by one that is gone.
    writeFileSync(path.join(folder, "in-use", letter === "c" ? String(process.pid) : "4194305"), "");
    utimesSync(folder, longAgo - age, longAgo - age);
    return folder;
  });
  try {
    pruneBuilds(builds[0], root);
    expect(builds.map((folder) => existsSync(folder))).toEqual([true, true, true, false]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
