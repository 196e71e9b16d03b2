// Builds the product if there is no build of these sources, and runs it in the foreground.
// Usage: npm start
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { ensureBuild } from "./build.mjs";
import { markInUse } from "./prune-builds.mjs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`AgentRun needs Node 20.19 or later: this is ${process.versions.node}.`);
  process.exit(1);
}
try {
  const build = await ensureBuild();
  markInUse(build);
  // In this very process: npm's signals then reach the supervisor without a go-between.
  await import(pathToFileURL(path.join(build, "supervisor.mjs")).href);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
