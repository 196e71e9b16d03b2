// Fails when db/schema and drizzle/ differ: a schema change without its migration.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { projectRoot } from "./sources.mjs";

const parent = path.join(projectRoot, "node_modules", ".cache");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(path.join(parent, "agentrun-drift-"));
try {
  const out = path.join(folder, "drizzle");
  cpSync(path.join(projectRoot, "drizzle"), out, { recursive: true });
  const config = path.join(folder, "drizzle.config.json");
  writeFileSync(
    config,
    JSON.stringify({
      dialect: "postgresql",
      schema: "./db/schema/index.ts",
      out: `./${path.relative(projectRoot, out)}`,
      casing: "snake_case",
    }),
  );
  const before = readdirSync(out);
  const drizzleKit = path.join(projectRoot, "node_modules", ".bin", "drizzle-kit");
  const generated = spawnSync(drizzleKit, ["generate", `--config=${config}`, "--name=drift"], {
    cwd: projectRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const added = readdirSync(out).filter((name) => !before.includes(name));
  if (generated.status !== 0) {
    console.error(generated.stdout, generated.stderr);
    process.exitCode = 1;
  } else if (added.length > 0) {
    console.error("db/schema has changes without a migration: run npm run db:generate -- what_it_does");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
