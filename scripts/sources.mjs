import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

export const projectRoot = path.resolve(import.meta.dirname, "..");
export const buildRoot = path.join(projectRoot, "build");

/** What a build is made of. Tests are not, so that a change to one builds nothing anew. */
const SOURCES = [
  "app",
  "cli",
  "components",
  "contract",
  "db",
  "demo",
  "docs",
  "drizzle",
  "public",
  "runner",
  "server",
  "supervisor",
  "volume",
  "scripts/build.mjs",
  "scripts/sources.mjs",
  "next.config.js",
  "postcss.config.mjs",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** Names a build: the same sources for the same platform and Node's major version give the same digest. */
export function digestSources() {
  const hash = createHash("sha256");
  hash.update(`${process.platform} ${process.arch} ${process.versions.node.split(".")[0]}\n`);
  for (const source of SOURCES) {
    for (const file of listFiles(source)) {
      const content = createHash("sha256").update(readFileSync(path.join(projectRoot, file)));
      hash.update(`${file} ${content.digest("hex")}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function listFiles(source) {
  try {
    const entries = readdirSync(path.join(projectRoot, source), { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
      .filter((file) => !/(^|\/)test\//.test(file))
      .sort();
  } catch (error) {
    if (error.code === "ENOTDIR") return [source];
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
