import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { build } from "esbuild";
import type { ChildJob } from "./child";

export interface Children extends AsyncDisposable {
  /** Runs a child to its end; answers how it ended and what it said of errors. */
  run(job: ChildJob): Promise<{ code: number | null; signal: string | null; errors: string }>;
}

/** Bundles the program of the children once: real processes that run the services' own code. */
export async function prepareChildren(): Promise<Children> {
  const file = path.resolve("test-results", `fault-child-${process.pid}.mjs`);
  await build({
    entryPoints: [path.resolve(import.meta.dirname, "child.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  return {
    async run(job) {
      const child = spawn(process.execPath, [file, JSON.stringify(job)], { stdio: ["ignore", "ignore", "pipe"] });
      let errors = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        errors += text;
      });
      const [code, signal] = await once(child, "close");
      return { code, signal, errors };
    },
    [Symbol.asyncDispose]: () => rm(file, { force: true }),
  };
}
