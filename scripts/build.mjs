// Builds the product into build/<digest of its sources>/ unless that build is there.
// Usage: npm run build
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { pruneBuilds } from "./prune-builds.mjs";
import { buildRoot, digestSources, projectRoot } from "./sources.mjs";

const PROGRAMS = {
  web: "server/main.ts",
  worker: "server/worker.ts",
  migrate: "server/migrate-once.ts",
  runner: "runner/main.ts",
  supervisor: "supervisor/main.ts",
  backup: "supervisor/backup/main.ts",
  cli: "cli/main.ts",
};

/** Makes the build of the sources as they are, if there is none, and returns its folder. */
export async function ensureBuild(say = console.log) {
  const target = path.join(buildRoot, digestSources());
  if (existsSync(target)) return target;
  say("Building AgentRun: about 20 seconds, once for each version of its sources.");
  // Made under another name: a build that was cut off is never taken for a whole one.
  const partial = path.join(buildRoot, `.partial-${process.pid}`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    await bundlePrograms(partial);
    await buildPages(partial);
    renameOnce(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  pruneBuilds(target);
  return target;
}

/** Bundles the programs, with the migrations and the documents beside them. */
export async function bundlePrograms(folder) {
  await bundle({
    absWorkingDir: projectRoot,
    entryPoints: Object.entries(PROGRAMS).map(([out, source]) => ({ in: source, out })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    sourcemap: true,
    logLevel: "warning",
  });
  for (const beside of ["drizzle", "docs"])
    cpSync(path.join(projectRoot, beside), path.join(folder, beside), { recursive: true });
}

/** Runs `next build`, which rewrites the tsconfig that it is given and next-env.d.ts: neither may keep this path. */
async function buildPages(folder) {
  const relative = path.relative(projectRoot, folder);
  const tsconfig = path.join(relative, "tsconfig.json");
  writeFileSync(
    path.join(projectRoot, tsconfig),
    `${JSON.stringify({ extends: "../../tsconfig.json", include: ["../../app/**/*"] })}\n`,
  );
  const envFile = path.join(projectRoot, "next-env.d.ts");
  const before = existsSync(envFile) ? readFileSync(envFile) : null;
  try {
    const next = path.join(projectRoot, "node_modules", "next", "dist", "bin", "next");
    const child = spawn(process.execPath, [next, "build"], {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        AGENTRUN_DIST_DIR: path.join(relative, "next"),
        AGENTRUN_TSCONFIG: tsconfig,
      },
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`next build ended with ${code}:\n${Buffer.concat(output)}`);
  } finally {
    if (before === null) rmSync(envFile, { force: true });
    else writeFileSync(envFile, before);
  }
  // The cache serves the next build in the same folder, which never comes.
  rmSync(path.join(folder, "next", "cache"), { recursive: true, force: true });
}

/** Two builds of the same sources are the same: the second one to finish is dropped. */
function renameOnce(partial, target) {
  try {
    renameSync(partial, target);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(path.relative(process.cwd(), await ensureBuild()));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
