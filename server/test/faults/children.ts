import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import type { Act, Answer } from "./acts";
import type { ChildJob } from "./child";
import type { FaultSetup } from "./context";
import type { Reply } from "./rival";
import type { Subject } from "./subjects";

/** Another process that works on the same cluster, database and folders. */
export interface Rival extends AsyncDisposable {
  ask(act: Act, subject: Subject): Promise<Answer>;
}

export interface Children extends AsyncDisposable {
  /** Runs a child to its end; returns how it ended and its error output. */
  run(job: ChildJob): Promise<{ code: number | null; signal: string | null; errors: string }>;
  rival(setup: FaultSetup): Rival;
}

/** Bundles the children's programs once: real processes that run the services' own code. */
export async function prepareChildren(): Promise<Children> {
  const folder = path.resolve("test-results", `fault-children-${process.pid}`);
  await build({
    entryPoints: ["child.ts", "rival.ts"].map((name) => path.resolve(import.meta.dirname, name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  return {
    async run(job) {
      const program = path.join(folder, "child.mjs");
      const child = spawn(process.execPath, [program, JSON.stringify(job)], { stdio: ["ignore", "ignore", "pipe"] });
      let errors = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        errors += text;
      });
      const [code, signal] = await once(child, "close");
      return { code, signal, errors };
    },
    rival: (setup) => startRival(path.join(folder, "rival.mjs"), setup),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function startRival(program: string, setup: FaultSetup): Rival {
  const child = spawn(process.execPath, [program, JSON.stringify(setup)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let requests = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, answer }: Reply = JSON.parse(line);
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("the other process died"));
  });
  return {
    ask(act, subject) {
      requests += 1;
      const id = requests;
      child.stdin.write(`${JSON.stringify({ id, act, subject })}\n`);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
