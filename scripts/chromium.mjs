import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { chromium } from "@playwright/test";

/**
 * The one without a window's parts first: it draws the same pages, and the stories take a fifth less of the processor's
 * time by it.
 */
const HEADLESS_SHELL = "chromium-headless-shell";
const SYSTEM_NAMES = [HEADLESS_SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * A Chromium that runs on this machine, installed if there is none: Playwright's own, else the system's. null, with
 * what was tried on stderr, when there is no way.
 */
export function ensureChromium() {
  const configured = process.env.AGENTRUN_TEST_CHROMIUM;
  if (configured) return configured;
  const found = findChromium();
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  console.log("Installing a Chromium for the tests.");
  run("npx", ["playwright", "install", ...(isRoot ? ["--with-deps"] : []), "chromium"]);
  if (!findChromium() && isRoot) {
    run("npx", ["playwright", "install", "chromium"]);
  }
  if (!findChromium() && isRoot && existsSync("/usr/bin/apt-get")) {
    run("apt-get", ["update", "-qq"]);
    for (const name of [HEADLESS_SHELL, "chromium"]) {
      // Older releases of Debian have no package of the first.
      if (!findChromium())
        run("apt-get", ["install", "-qq", "-y", "--no-install-recommends", name, "fonts-dejavu-core"]);
    }
  }
  const installed = findChromium();
  if (!installed) {
    console.error("No Chromium could be installed. Install one and set AGENTRUN_TEST_CHROMIUM to its path.");
  }
  return installed;
}

function findChromium() {
  const own = chromium.executablePath();
  if (existsSync(own) && canRun(own)) return own;
  for (const name of SYSTEM_NAMES) {
    const which = spawnSync("which", [name], { encoding: "utf8" });
    const file = which.stdout?.trim();
    if (file && canRun(file)) return file;
  }
  return null;
}

/** A downloaded browser may lack the system's libraries. */
function canRun(file) {
  return spawnSync(file, ["--version"], { stdio: "ignore", timeout: 20_000 }).status === 0;
}

function run(command, args) {
  spawnSync(command, args, {
    stdio: "inherit",
    timeout: 15 * 60_000,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
