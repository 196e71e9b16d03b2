// Copies the data folder of the product, running or not, into a folder that can be started.
// Usage: npm run backup -- FOLDER
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { ensureBuild } from "./build.mjs";
import { markInUse } from "./prune-builds.mjs";

try {
  const build = await ensureBuild();
  markInUse(build);
  await import(pathToFileURL(path.join(build, "backup.mjs")).href);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
