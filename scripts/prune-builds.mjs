import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { buildRoot } from "./sources.mjs";

const BUILDS_KEPT = 2;
/** A folder this young may belong to a start that has not marked it yet. */
const RECENT_MS = 10 * 60_000;

/** Says that this process runs from a build, so that no later build removes it. Gone with the process. */
export function markInUse(build) {
  const folder = path.join(build, "in-use");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, String(process.pid)), "");
}

/** Removes old builds, but for the newest ones, those in use and the given one. */
export function pruneBuilds(current, root = buildRoot) {
  const builds = readdirSync(root)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) || name.startsWith(".partial-"))
    .map((name) => path.join(root, name))
    .map((folder) => ({ folder, madeAt: statSync(folder).mtimeMs }))
    .sort((a, b) => b.madeAt - a.madeAt);
  for (const { folder, madeAt } of builds.slice(BUILDS_KEPT)) {
    if (folder === current || Date.now() - madeAt < RECENT_MS || isInUse(folder)) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function isInUse(folder) {
  const marks = path.join(folder, "in-use");
  if (!existsSync(marks)) return false;
  return readdirSync(marks).some((pid) => isAlive(Number(pid)));
}

/** A pid that another program has by now only keeps a build longer than needed. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
