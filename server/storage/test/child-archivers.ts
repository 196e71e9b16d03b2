import { type ChildProcess, spawn } from "node:child_process";
import type {
  ArchiverSpec,
  AttemptEnding,
  AttemptExit,
  Executor,
  LaunchSpec,
  Observation,
  Started,
} from "@/server/executors";

/**
 * An executor whose archivers are real processes of this machine, on folders in place of claims. Runners are only
 * recorded: tests ask only whether they were started.
 */
export class ChildArchivers implements Executor, AsyncDisposable {
  readonly started: ArchiverSpec[] = [];
  readonly runners: LaunchSpec[] = [];
  /** While set, every process waits before its first step, like one whose pod has just been bound. */
  isHeld = false;
  /** The error with which a launch fails, and whether the process was started all the same. */
  failure: { error: Error; isStarted: boolean } | null = null;
  /** Attempts on a node that does not answer: nobody can say whether they have ended. */
  readonly outOfReach = new Set<string>();
  readonly #children = new Map<string, { child: ChildProcess; exited: Promise<void> }>();
  readonly #listeners = new Set<(exit: AttemptExit) => void>();

  constructor(
    private readonly bundle: string,
    private readonly folderOf: (volumeName: string) => string,
  ) {}

  readonly inspect = async () => null;
  readonly readLog = async () => null;
  readonly onRemains = () => () => {};

  async *list(): AsyncGenerator<Started[]> {
    yield [...this.#children.keys()].map((attemptId) => ({
      attemptId,
      uid: attemptId,
      name: attemptId,
      isEnding: false,
    }));
  }

  endStarted({ attemptId }: Started): Promise<AttemptEnding> {
    return this.end(attemptId);
  }

  async launch(spec: LaunchSpec): Promise<void> {
    this.runners.push(spec);
  }

  async launchArchiver(spec: ArchiverSpec): Promise<void> {
    this.started.push(spec);
    if (!this.failure || this.failure.isStarted) this.#start(spec);
    if (this.failure) throw this.failure.error;
  }

  #start({ attemptId, sessionId, token, url, volumeName, rolloutSubdir }: ArchiverSpec): void {
    if (this.#children.has(attemptId)) return;
    const env = {
      NODE_ENV: "production" as const,
      PATH: process.env.PATH ?? "",
      AGENTRUN_STEP: "archive",
      AGENTRUN_URL: url,
      AGENTRUN_ATTEMPT: attemptId,
      AGENTRUN_SESSION_ID: sessionId,
      AGENTRUN_ROLLOUT_SUBDIR: rolloutSubdir,
      AGENTRUN_VOLUME_DIR: this.folderOf(volumeName),
      AGENTRUN_ARCHIVER_TOKEN: token,
    };
    const prefix = this.isHeld ? "read go && " : "";
    const child = spawn("sh", ["-c", `${prefix}exec "$0" "$1"`, process.execPath, this.bundle], { env });
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const exited = new Promise<void>((resolve) => {
      child.once("close", (code, signal) => {
        this.#children.delete(attemptId);
        for (const listener of this.#listeners)
          listener({ attemptId, code, signal, message: stderr.trim(), cause: null });
        resolve();
      });
    });
    this.#children.set(attemptId, { child, exited });
  }

  get alive(): string[] {
    return [...this.#children.keys()];
  }

  letGo(): void {
    this.isHeld = false;
    for (const { child } of this.#children.values()) child.stdin?.write("go\n");
  }

  async end(attemptId: string): Promise<AttemptEnding> {
    return this.outOfReach.has(attemptId) ? "unconfirmed" : this.#kill(attemptId);
  }

  async #kill(attemptId: string): Promise<"gone"> {
    const running = this.#children.get(attemptId);
    running?.child.kill("SIGKILL");
    await running?.exited;
    return "gone";
  }

  async observe(attemptId: string): Promise<Observation> {
    return this.#children.has(attemptId) ? "running" : "gone";
  }

  onExit(listener: (exit: AttemptExit) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.alive.map((attemptId) => this.#kill(attemptId)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
