// Takes a picture of every page, in both themes and on a phone, of a product that has work to do, and renews those that
// the documents show. Usage: npm run screenshots -- [FOLDER], test-results/screenshots unless told.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { ensureChromium } from "./chromium.mjs";

/** Pages that the documents show, light and dark. */
const SHOWN = ["overview", "session", "queue", "storage"];

const folder = path.resolve(process.argv[2] ?? path.join("test-results", "screenshots"));
mkdirSync(folder, { recursive: true });
const taken = spawnSync("npx", ["playwright", "test", "-c", "playwright.gallery.config.ts"], {
  stdio: "inherit",
  env: { ...process.env, AGENTRUN_SCREENSHOTS: folder, AGENTRUN_TEST_CHROMIUM: ensureChromium() ?? "" },
});
if (taken.status !== 0) process.exit(taken.status ?? 1);
for (const name of SHOWN) {
  for (const theme of ["light", "dark"]) {
    copyFileSync(path.join(folder, `${name}-${theme}.png`), path.join("docs", "images", `${name}-${theme}.png`));
  }
}
console.log(`Pictures of every page are in ${folder}; those of the documents are renewed.`);
