import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * Returns the path of the codex program: the configured one, else the one on PATH, else the npm package's; null: there
 * is none. An npm wrapper script is replaced by the program that it wraps, because a kill would end only the wrapper.
 */
export function findCodex(opts: { configured: string | undefined; path: string }): string | null {
  if (opts.configured) return opts.configured;
  for (const folder of opts.path.split(path.delimiter)) {
    // npm puts the package's own wrapper here while it runs a script.
    if (!folder || folder.endsWith(path.join("node_modules", ".bin"))) continue;
    const found = path.join(folder, "codex");
    if (!isExecutable(found)) continue;
    const program = realpathSync(found);
    if (!program.endsWith(".js")) return program;
    const wrapped = findPackaged(createRequire(program));
    if (wrapped) return wrapped;
  }
  return findPackaged(createRequire(import.meta.url));
}

function findPackaged(require: NodeJS.Require): string | null {
  try {
    const manifest = require.resolve(`@openai/codex-${process.platform}-${process.arch}/package.json`);
    const vendor = path.join(path.dirname(manifest), "vendor");
    const programs = readdirSync(vendor).flatMap((target) => [
      path.join(vendor, target, "bin", "codex"),
      path.join(vendor, target, "codex", "codex"),
    ]);
    return programs.find(isExecutable) ?? null;
  } catch {
    return null;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
