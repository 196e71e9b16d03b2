// Runs one benchmark of bench/. Usage: npm run bench -- append
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { build } from "esbuild";
import { ensureBuild } from "./build.mjs";
import { ensureChromium } from "./chromium.mjs";

const [name, ...rest] = process.argv.slice(2);
const entry = `bench/${name}.ts`;
if (!name || !existsSync(entry)) {
  console.error("usage: npm run bench -- NAME, a file of bench/");
  process.exit(2);
}
const outfile = path.resolve("build", "bench", `${name}.mjs`);
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  alias: { "@": process.cwd() },
});
// Benches that start the product measure it as it is shipped.
const needsProduct = readFileSync(entry, "utf8").includes('from "./web"');
const needsBrowser = readFileSync(entry, "utf8").includes('from "@playwright/test"');
const env = { ...process.env, ...(needsProduct ? { BENCH_BUILD: await ensureBuild() } : {}) };
if (needsBrowser) env.BENCH_CHROMIUM = ensureChromium() ?? "";
const child = spawn(process.execPath, [outfile, ...rest], { stdio: "inherit", env });
child.on("exit", (code) => process.exit(code ?? 1));
