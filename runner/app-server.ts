import { version } from "@/package.json";
import type { CodexNotification, CodexRequests } from "./app-server-methods";
import { isConfigError } from "./codex-errors";
import { AppServerExitedError, BackendFailedError, CodexRequestError, CodexTimeoutError } from "./errors";
import { type AgentProcess, type HiddenFolder, type Isolation, spawnAgent } from "./isolation";
import { LineSplitter } from "./line-splitter";

export interface AppServerOptions {
  command: string;
  args?: string[];
  cwd: string;
  env: Record<string, string>;
  attemptId: string;
  isolation?: Isolation;
  hidden?: HiddenFolder[];
  onNotification: (notification: CodexNotification) => void;
  /** Answers a request of codex. A rejection becomes an error answer, so that no request stays open. */
  onRequest: (method: string, params: unknown, requestId: string) => Promise<unknown>;
  requestTimeoutMs?: number;
  lineMaxBytes?: number;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

type Message = {
  id?: string | number | null;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: { code?: number; message?: string };
};

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
const STDERR_TAIL_CHARS = 8_000;
/** How long the last output of an ended codex may take to be read. */
const DRAIN_MS = 500;
const INVALID_LINES_MAX = 200;

/** A `codex app-server` child on stdio: framing, request ids, answers, and an end that leaves no process behind. */
export class AppServer {
  /** Resolves with codex's last words once the process is gone. */
  readonly exited: Promise<AppServerExitedError>;
  private readonly agent: AgentProcess;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private stderr = "";
  private invalidLines: string[] = [];
  private invalidLineCount = 0;
  private configError: string | undefined;
  private hasExited = false;

  constructor(private readonly opts: AppServerOptions) {
    this.agent = spawnAgent({ ...opts, args: opts.args ?? ["app-server", "--listen", "stdio://"] });
    const { child } = this.agent;
    const lines = new LineSplitter({
      lineMaxBytes: opts.lineMaxBytes ?? 64 * 1024 * 1024,
      onLine: (line) => this.receiveLine(line),
      onTooLong: () => this.recordInvalidLine("(a line above the size limit)"),
    });
    child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => this.readStderr(chunk));
    child.stdin?.on("error", () => {}); // EPIPE: the exit says why.
    this.exited = new Promise((resolve) => {
      const end = (cause: string) => {
        if (this.hasExited) return;
        this.hasExited = true;
        const error = new AppServerExitedError(cause, this.outputTail());
        for (const pendingRequest of this.pending.values()) {
          clearTimeout(pendingRequest.timer);
          pendingRequest.reject(error);
        }
        this.pending.clear();
        resolve(error);
      };
      child.once("error", (error) => end(`could not start ${opts.command}: ${error.message}`));
      const describeExit = (code: number | null, signal: string | null) =>
        signal === null ? `exited with code ${code}` : `ended by ${signal}`;
      child.once("close", (code, signal) => end(describeExit(code, signal)));
      child.once("exit", (code, signal) => {
        // A tool may hold codex's stdout or stderr open. It is killed, and its end is not waited for.
        void this.agent.kill().finally(() => setTimeout(() => end(describeExit(code, signal)), DRAIN_MS));
      });
    });
  }

  get pid(): number | undefined {
    return this.agent.child.pid;
  }

  /** Sends `initialize`. Throws BackendFailedError when codex continued without the configuration it was given. */
  async initialize(): Promise<void> {
    const clientInfo = { name: "agentrun", title: "AgentRun", version };
    const capabilities = { experimentalApi: true, requestAttestation: false };
    await this.request("initialize", { clientInfo, capabilities } as CodexRequests["initialize"]["params"]);
    this.send({ method: "initialized", params: {} });
    this.checkConfig();
  }

  /**
   * Throws when codex ignored its configuration, which it reports on stderr only. Call after each answer that matters.
   */
  checkConfig(): void {
    if (this.configError !== undefined)
      throw new BackendFailedError(
        `codex refused its configuration; look at the run's model and effort, and at this: ${this.configError}`,
      );
  }

  request<M extends keyof CodexRequests>(
    method: M,
    params: CodexRequests[M]["params"],
    timeoutMs?: number,
  ): Promise<CodexRequests[M]["result"]> {
    if (this.hasExited) return this.exited.then((error) => Promise.reject(error));
    const id = ++this.nextId;
    const boundMs = timeoutMs ?? this.opts.requestTimeoutMs ?? 30_000;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new CodexTimeoutError(method, boundMs, this.outputTail()));
      }, boundMs);
      this.pending.set(id, { resolve: (value) => resolve(value as CodexRequests[M]["result"]), reject, timer });
      this.send({ id, method, params });
    });
  }

  /** Closes stdin, waits, then kills codex and whatever its tools left. */
  async stop(graceMs = 2_000): Promise<void> {
    this.agent.child.stdin?.end();
    const timer = setTimeout(() => void this.agent.kill(), graceMs);
    await this.exited;
    clearTimeout(timer);
    await this.agent.kill();
  }

  /** Sends SIGKILL at once to codex and everything it started. */
  kill(): Promise<void> {
    return this.agent.kill();
  }

  /** The end of stderr, and of anything on stdout that was not JSON-RPC. */
  outputTail(): string {
    const invalidLines =
      this.invalidLineCount > 0
        ? `${this.invalidLineCount} lines on stdout that are not JSON-RPC, such as: ${this.invalidLines.join(" | ").slice(0, 500)}\n`
        : "";
    return (invalidLines + this.stderr).trim().slice(-STDERR_TAIL_CHARS);
  }

  private send(message: object): void {
    if (!this.hasExited) this.agent.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  private receiveLine(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) {
      this.recordInvalidLine(line);
    } else if (typeof message.method !== "string") {
      this.receiveResponse(message);
    } else if (message.id === undefined || message.id === null) {
      this.opts.onNotification(message as CodexNotification);
    } else {
      void this.handleRequest(message.id, message.method, message.params);
    }
  }

  private receiveResponse(message: Message): void {
    const pendingRequest = typeof message.id === "number" ? this.pending.get(message.id) : undefined;
    if (pendingRequest === undefined || typeof message.id !== "number") return;
    this.pending.delete(message.id);
    clearTimeout(pendingRequest.timer);
    if (message.error)
      pendingRequest.reject(new CodexRequestError(message.error.code ?? 0, message.error.message ?? "unknown error"));
    else pendingRequest.resolve(message.result);
  }

  private async handleRequest(id: string | number, method: string, params: unknown): Promise<void> {
    try {
      this.send({ id, result: await this.opts.onRequest(method, params, String(id)) });
    } catch (error) {
      this.send({ id, error: { code: -32000, message: error instanceof Error ? error.message : String(error) } });
    }
  }

  private recordInvalidLine(line: string): void {
    this.invalidLineCount += 1;
    if (this.invalidLines.length < 3) this.invalidLines.push(line.slice(0, 160));
    if (this.invalidLineCount === INVALID_LINES_MAX) void this.agent.kill();
  }

  private readStderr(chunk: Buffer): void {
    const text = chunk.toString("utf8").replace(ANSI, "");
    this.stderr = (this.stderr + text).slice(-STDERR_TAIL_CHARS);
    this.configError ??= this.stderr.split("\n").find(isConfigError)?.trim();
  }
}

function parseMessage(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return "method" in value || "id" in value ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
