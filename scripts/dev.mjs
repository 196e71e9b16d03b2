// Runs the product with Next's development server: pages reload by themselves, the programs at the next start.
// Usage: npm run dev
import { rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { bundlePrograms } from "./build.mjs";
import { buildRoot } from "./sources.mjs";

const folder = path.join(buildRoot, "dev");
rmSync(folder, { recursive: true, force: true });
await bundlePrograms(folder);
process.env.NODE_ENV = "development";
await import(pathToFileURL(path.join(folder, "supervisor.mjs")).href);
