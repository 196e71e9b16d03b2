// The checks that need no database and take seconds: format and lint, types, migrations, paths in documents, dead code.
// Usage: npm run verify
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { projectRoot } from "./sources.mjs";

const bin = (name) => path.join(projectRoot, "node_modules", ".bin", name);
const CHECKS = [
  { name: "format and lint", command: [bin("biome"), "ci", "--colors=off", "--max-diagnostics=50", "."] },
  { name: "types", command: [bin("tsc"), "--noEmit"] },
  { name: "migrations match the schema", command: [process.execPath, "scripts/check-migrations.mjs"] },
  { name: "paths in documents", command: [process.execPath, "scripts/check-paths.mjs"] },
  { name: "no unused files, exports or packages", command: [bin("knip"), "--no-progress"] },
];

/** Runs every check, whatever the others say, and returns how many passed and which failed. */
export async function verify() {
  const counts = { passed: 0, failed: 0, failures: [] };
  for (const check of CHECKS) {
    const { code, output } = await run(check.command);
    if (code === 0) counts.passed += 1;
    else {
      counts.failed += 1;
      counts.failures.push(check.name);
    }
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${check.name}`);
    if (code !== 0) console.log(output);
  }
  return counts;
}

async function run([file, ...args]) {
  const child = spawn(file, args, { cwd: projectRoot, stdio: ["ignore", "pipe", "pipe"] });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  const [code] = await once(child, "close");
  return { code, output: Buffer.concat(chunks).toString() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const counts = await verify();
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
