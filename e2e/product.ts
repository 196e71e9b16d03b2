import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..");
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;
const LAST_LINES = 150;

/** The whole product on a data folder of its own, as `npm start` brings it up. */
export class Product implements AsyncDisposable {
  /** Those of this process, until a story's end has looked at them. */
  static readonly #started = new Set<Product>();
  #child: ChildProcess | null = null;
  #output = "";
  /** What it printed before its last start. */
  #before = "";
  url = "";
  /** The one-time link of the last start that printed one. */
  signInUrl = "";

  private constructor(
    readonly dataDir: string,
    private readonly env: Record<string, string>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Product> {
    // Below the project: codex refuses to keep its home in the system's temporary folder.
    const parent = path.join(ROOT, "test-results", "products");
    mkdirSync(parent, { recursive: true });
    const product = new Product(mkdtempSync(path.join(parent, "p-")), env);
    Product.#started.add(product);
    await product.start();
    return product;
  }

  /** The last lines of each product that ran since this was asked before, without what signs somebody in. */
  static lastWords(): string[] {
    const running = [...Product.#started];
    for (const product of running) if (product.#child === null) Product.#started.delete(product);
    return running.map((product) => `The product in ${product.dataDir} printed at last:\n${product.#words()}`);
  }

  #words(): string {
    const lines = (this.#before + this.#output).split("\n").slice(-LAST_LINES);
    return lines
      .map((line) => line.slice(0, 600))
      .join("\n")
      .replace(/token=\S+/g, "token=…");
  }

  /** Starts again on the same data folder, on the same port, so that open pages find it. */
  async start(): Promise<void> {
    this.#before += this.#output;
    this.#output = "";
    const port = this.url === "" ? (this.env.PORT ?? "0") : new URL(this.url).port;
    const child = spawn(process.execPath, ["scripts/start.mjs"], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...this.env, PORT: port, AGENTRUN_DATA_DIR: this.dataDir, LOG_LEVEL: "info" },
    });
    this.#child = child;
    const started = new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.#output += chunk;
        const address = /(http:\/\/[\d.]+:\d+)/.exec(this.#output)?.[1];
        const signIn = /(http:\/\/\S+\/sign-in\?token=\S+)/.exec(this.#output)?.[1];
        if (address) this.url = address;
        if (signIn) this.signInUrl = signIn;
        if (address && signIn) resolve();
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.once("exit", (code) => reject(new Error(`the product ended with ${code}:\n${this.#words()}`)));
      setTimeout(() => reject(new Error(`the product did not start:\n${this.#words()}`)), START_TIMEOUT_MS).unref();
    });
    try {
      await started;
    } catch (error) {
      // One that is late would come up yet, with nobody to end it.
      await this.stop();
      throw error;
    }
  }

  /** SIGKILL to every process of the product, its database and its agents included. */
  async killAll(): Promise<void> {
    const child = this.#child;
    if (!child?.pid) throw new Error("the product is not running");
    const exited = once(child, "exit");
    const pids = [child.pid, ...descendantsOf(child.pid)];
    for (const pid of pids) kill(pid);
    await exited;
    await waitUntil(() => pids.every((pid) => !isAlive(pid)), "every process to be gone");
    this.#child = null;
  }

  /** Copies the data folder while the product runs, as an operator does. */
  async backUp(target: string): Promise<void> {
    const child = spawn(process.execPath, ["scripts/backup.mjs", target], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...this.env, AGENTRUN_DATA_DIR: this.dataDir },
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`the backup ended with ${code}: ${said}`);
  }

  /** SIGKILL to the worker alone: its supervisor starts another, and its agents go on. */
  async killWorker(): Promise<void> {
    const [pid] = this.processes((command) => command.includes("worker.mjs"));
    if (pid === undefined) throw new Error("no worker is running");
    kill(pid);
    await waitUntil(() => !isAlive(pid), "the worker to be gone");
  }

  /** Ids of the product's processes whose command line is so. */
  processes(isSo: (command: string) => boolean): number[] {
    return descendantsOf(this.#child?.pid ?? 0).filter((pid) => isAlive(pid) && isSo(commandOf(pid)));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    // One that has ended by itself tells so no more.
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => kill(child.pid ?? 0), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** What it printed since its last start. */
  get output(): string {
    return this.#output;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A zombie is gone: nobody but its parent's clean-up still sees it. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // It has ended.
  }
}

export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended while the folder was read.
    }
  }
  const found: number[] = [];
  for (let next = [pid]; next.length > 0; ) {
    next = [...parents].filter(([, parent]) => next.includes(parent)).map(([child]) => child);
    found.push(...next);
  }
  return found;
}

/** Asks again until it is so; the error says what was waited for. */
export async function waitUntil(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
