// Runs one benchmark of bench/. Usage: npm run bench -- append
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { build } from "esbuild";

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
const child = spawn(process.execPath, [outfile, ...rest], { stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
