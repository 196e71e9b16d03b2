import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

interface Package {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const root = path.resolve(import.meta.dirname, "..");
const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, Package>;
};

// npm drops the packages of platforms that a registry does not serve, and then its own `npm ci` refuses the file.
test("the lockfile names the optional packages of every platform", () => {
  const missing = Object.entries(lock.packages).flatMap(([folder, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isInstalledFor(folder, name)),
  );
  expect(missing).toEqual([]);
});

test("every dependency is pinned to one version", () => {
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Package;
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toEqual([]);
});

/** Looks where Node would: in the package's own folder, then in each one above it. */
function isInstalledFor(folder: string, name: string): boolean {
  for (let base = folder; ; base = base.slice(0, Math.max(base.lastIndexOf("node_modules/"), 0)).replace(/\/$/, "")) {
    if (lock.packages[path.posix.join(base, "node_modules", name)]) return true;
    if (base === "") return false;
  }
}
