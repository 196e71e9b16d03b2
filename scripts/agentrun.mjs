#!/usr/bin/env node
// The command line, from the build of these sources, which is made if there is none.
// Usage: npx agentrun COMMAND
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { ensureBuild } from "./build.mjs";

try {
  // What it says is no answer of a command's.
  const build = await ensureBuild(console.error);
  await import(pathToFileURL(path.join(build, "cli.mjs")).href);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
