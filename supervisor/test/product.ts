import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { expect, vi } from "vitest";
import { endOrphan } from "@/supervisor/postgres/orphan";
import { isProcessAlive } from "@/supervisor/processes/alive";
import { STAND_INS } from "./stand-ins";

const projectRoot = path.resolve(import.meta.dirname, "..", "..");

export interface StartedSupervisor {
  process: ChildProcess;
  output(): string;
  exited: Promise<number | NodeJS.Signals | null>;
}

/** A supervisor bundled as it ships, stand-ins beside it, and a data folder: all removed on disposal. */
export class TestProduct implements AsyncDisposable {
  private readonly started: StartedSupervisor[] = [];
  private constructor(
    readonly programs: string,
    readonly dataDir: string,
  ) {}

  static async create(): Promise<TestProduct> {
    // Inside the project, where the bundle finds its packages.
    const parent = path.join(projectRoot, "node_modules", ".cache");
    await mkdir(parent, { recursive: true });
    const programs = await mkdtemp(path.join(parent, "agentrun-supervisor-"));
    await build({
      absWorkingDir: projectRoot,
      entryPoints: { supervisor: "supervisor/main.ts" },
      outdir: programs,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      packages: "external",
    });
    const manifest = { name: "stand-in", version: "1.0.0", scripts: { start: "exec node supervisor.mjs" } };
    await writeFile(path.join(programs, "package.json"), JSON.stringify(manifest));
    for (const [name, source] of Object.entries(STAND_INS)) await writeFile(path.join(programs, name), source);
    return new TestProduct(programs, await mkdtemp(path.join(tmpdir(), "agentrun-data-")));
  }

  /** Starts it with node, or as `npm start` does. */
  start(env: Record<string, string> = {}, by: "node" | "npm" = "node"): StartedSupervisor {
    const program = path.join(this.programs, "supervisor.mjs");
    const [file, args] = by === "npm" ? ["npm", ["start"]] : [process.execPath, [program]];
    const child = spawn(file, args, {
      cwd: this.programs,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: "test",
        PORT: "0",
        AGENTRUN_DATA_DIR: this.dataDir,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const started = follow(child);
    this.started.push(started);
    return started;
  }

  /** Starts it and waits until it reports that it is ready. */
  async startReady(
    env: Record<string, string> = {},
    by: "node" | "npm" = "node",
  ): Promise<StartedSupervisor & { url: string }> {
    const started = this.start(env, by);
    const url = await vi.waitFor(
      () => {
        const ready = /ready at (http\S+)/.exec(started.output());
        if (!ready?.[1]) throw new Error(`not ready: ${started.output()}`);
        return ready[1];
      },
      { timeout: 25_000, interval: 20 },
    );
    return { ...started, url };
  }

  async notes(): Promise<string[]> {
    const text = await readFile(path.join(this.dataDir, "notes"), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean);
  }

  /** Returns the pids that programs of this name recorded, oldest first; waits for the given number of them. */
  async pidsOf(name: string, count = 1): Promise<number[]> {
    return vi.waitFor(
      async () => {
        const pids = (await this.notes()).flatMap((line) => new RegExp(`^${name} (\\d+)$`).exec(line)?.[1] ?? []);
        expect(pids.length).toBeGreaterThanOrEqual(count);
        return pids.map(Number);
      },
      { timeout: 20_000, interval: 20 },
    );
  }

  async postgresPid(): Promise<number> {
    return Number.parseInt(await readFile(path.join(this.dataDir, "pg", "postmaster.pid"), "utf8"), 10);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const supervisor of this.started) {
      supervisor.process.kill("SIGKILL");
      await supervisor.exited;
    }
    if (existsSync(path.join(this.dataDir, "pg"))) await endOrphan(path.join(this.dataDir, "pg"));
    await rm(this.dataDir, { recursive: true, force: true });
    await rm(this.programs, { recursive: true, force: true });
  }
}

/** Waits until a process is gone; a zombie counts as gone. */
export async function waitUntilGone(pid: number): Promise<void> {
  await vi.waitFor(async () => expect(await isProcessAlive(pid)).toBe(false), { timeout: 15_000, interval: 20 });
}

export function follow(child: ChildProcess): StartedSupervisor {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = once(child, "exit").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals | null);
  return { process: child, output: () => output, exited };
}
