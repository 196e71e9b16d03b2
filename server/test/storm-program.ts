import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { build } from "esbuild";

export type StormChild = { kill(): Promise<void> /** What it wrote to standard error. */; errors: () => string };
export type StormProgram<Job extends object> = AsyncDisposable & { start(job: Job): StormChild };

/**
 * A program of which a test starts several processes, each with a job, and kills them in the middle of their work.
 * Those that still run are killed when it is disposed of.
 */
export async function buildStormProgram<Job extends object>(entryPoint: string): Promise<StormProgram<Job>> {
  // Built inside the repository, so that the packages are found.
  const name = path.relative(process.cwd(), entryPoint).replace(/\W+/g, "-");
  const program = path.resolve("test-results", `${name}-${process.pid}.mjs`);
  await build({
    ...{ entryPoints: [entryPoint], outfile: program },
    ...{ bundle: true, platform: "node", target: "node20", format: "esm", packages: "external", logLevel: "warning" },
  });
  const running = new Set<StormChild>();
  return {
    start(job) {
      const started = spawn(process.execPath, [program, JSON.stringify(job)], { stdio: ["pipe", "ignore", "pipe"] });
      // A child that is killed closes its pipe; for the test this is no error.
      started.stdin.on("error", () => undefined);
      let errors = "";
      started.stderr.setEncoding("utf8").on("data", (text) => {
        errors += text;
      });
      const ended = new Promise<void>((resolve) => started.once("close", () => resolve()));
      const child: StormChild = {
        errors: () => errors,
        async kill() {
          started.kill("SIGKILL");
          await ended;
          running.delete(child);
        },
      };
      running.add(child);
      return child;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((child) => child.kill()));
      await rm(program, { force: true });
    },
  };
}
