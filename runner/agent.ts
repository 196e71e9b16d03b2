import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { AppServer } from "./app-server";
import type { CodexNotification } from "./app-server-methods";
import { hasOtherWriter, isThreadLost, isTurnOver } from "./codex-errors";
import { BackendFailedError, CodexRequestError } from "./errors";
import { type Message, userInput } from "./images";
import type { HiddenFolder, Isolation } from "./isolation";
import type { ThreadStartParams, TurnError, TurnStartParams } from "./protocol/codex";

export interface TurnEnd {
  turnId: string;
  status: "completed" | "interrupted" | "failed";
  error: TurnError | null;
}

export interface AgentOptions {
  codexPath: string;
  cwd: string;
  env: Record<string, string>;
  attemptId: string;
  sandbox: NonNullable<ThreadStartParams["sandbox"]>;
  approval: NonNullable<ThreadStartParams["approvalPolicy"]>;
  /** The thread to go on with; null starts one. */
  threadId: string | null;
  /** Told to the agent with its instructions. */
  notes?: string;
  isolation?: Isolation;
  hidden?: HiddenFolder[];
  onThread: (threadId: string) => void;
  onNotification: (notification: CodexNotification) => void;
  onRequest: (method: string, params: unknown) => Promise<unknown>;
  startTimeoutMs?: number;
  interruptBoundMs?: number;
  /** Kills codex while it is starting; an agent that has started is ended by its own methods. */
  signal?: AbortSignal;
}

/** codex has no rollout of the thread that it should resume, or cannot read it. */
export class ThreadLostError extends BackendFailedError {
  override readonly name = "ThreadLostError";
}

interface ActiveTurn {
  turnId: string | undefined;
  /** Resolves once codex has named the turn. */
  accepted: Promise<void>;
  accept: (turnId: string) => void;
  isInterrupted: boolean;
  /** How the agent's own part ended, while sub-agents are still working. */
  ownEnd: TurnEnd | undefined;
  /** Whether sub-agents were interrupted. The work is then incomplete, however the agent's own part ended. */
  hasInterruptedSubagents: boolean;
  end: (end: TurnEnd) => void;
  fail: (error: Error) => void;
  ended: Promise<TurnEnd>;
}

const INTERRUPT_BOUND_MS = 10_000;

/**
 * One codex app-server with one thread, and at most one turn at a time. Sub-agents that this agent starts have threads
 * of their own and continue after its own part of the turn: the turn has ended when they have.
 */
export class Agent {
  private server!: AppServer;
  private active: ActiveTurn | undefined;
  private thread: string | undefined;
  /** The running turns in sub-agents' threads. */
  private readonly subagentTurns = new Map<string, string>();
  /** All threads that had a turn: each may have a command running in the background long after its turn. */
  private readonly threads = new Set<string>();
  private hasExited = false;
  private lastMessageAt = performance.now();
  private openRequests = 0;

  private constructor(private readonly opts: AgentOptions) {}

  /** Starts codex and opens the thread. What fails here is a BackendFailedError, and leaves no process behind. */
  static async start(opts: AgentOptions): Promise<Agent> {
    const agent = new Agent(opts);
    const kill = () => void agent.kill();
    opts.signal?.addEventListener("abort", kill);
    try {
      opts.signal?.throwIfAborted();
      await agent.open();
      return agent;
    } catch (error) {
      await agent.kill();
      if (error instanceof CodexRequestError) throw new BackendFailedError(`codex refused to start: ${error.message}`);
      throw error;
    } finally {
      opts.signal?.removeEventListener("abort", kill);
    }
  }

  get threadId(): string {
    return this.thread ?? "";
  }

  get isAlive(): boolean {
    return !this.hasExited;
  }

  /** Whether the agent's own part of the turn has ended and only sub-agents are still working. */
  get isWaitingForSubagents(): boolean {
    return this.active?.ownEnd !== undefined;
  }

  /**
   * How long codex has been silent, by a clock that stops while the machine sleeps; 0 while codex waits for an answer
   * from this runner.
   */
  get silentMs(): number {
    return this.openRequests > 0 ? 0 : performance.now() - this.lastMessageAt;
  }

  private async open(): Promise<void> {
    const { codexPath, cwd, env, attemptId, isolation, hidden, sandbox, approval, threadId } = this.opts;
    await assertExecutable(codexPath, env.PATH ?? "");
    this.server = new AppServer({
      command: codexPath,
      cwd,
      env,
      attemptId,
      isolation,
      hidden,
      requestTimeoutMs: this.opts.startTimeoutMs ?? 60_000,
      onNotification: (notification) => this.handleNotification(notification),
      onRequest: (method, params) => this.answer(method, params),
    });
    void this.server.exited.then((error) => {
      this.hasExited = true;
      this.endByExit(error);
    });
    await this.server.initialize();
    const settings = { cwd, sandbox, approvalPolicy: approval, developerInstructions: this.opts.notes };
    const answer =
      threadId === null ? await this.server.request("thread/start", settings) : await this.resume(threadId, settings);
    this.server.checkConfig();
    this.thread = answer.thread.id;
    this.opts.onThread(answer.thread.id);
  }

  private async resume(
    threadId: string,
    settings: Pick<ThreadStartParams, "cwd" | "sandbox" | "approvalPolicy" | "developerInstructions">,
  ): Promise<{ thread: { id: string } }> {
    try {
      return await this.server.request("thread/resume", { threadId, excludeTurns: true, ...settings });
    } catch (error) {
      if (isThreadLost(error)) throw new ThreadLostError(error.message);
      if (hasOtherWriter(error)) {
        throw new BackendFailedError(
          `another process still writes this session's thread: end it, then try again (${error.message})`,
        );
      }
      if (error instanceof CodexRequestError)
        throw new BackendFailedError(`codex could not resume the session's thread: ${error.message}`);
      throw error;
    }
  }

  /** Sends a turn. The answer's `ended` settles when codex says how it ended, or rejects when codex is gone. */
  async startTurn(commandId: string, message: Message): Promise<{ turnId: string; ended: Promise<TurnEnd> }> {
    if (this.active) throw new Error("a turn is under way");
    const { outputSchema } = message;
    const active = createActiveTurn();
    this.active = active;
    this.lastMessageAt = performance.now();
    try {
      const { turn } = await this.server.request("turn/start", {
        threadId: this.threadId,
        clientUserMessageId: commandId,
        input: userInput(message),
        ...(outputSchema === undefined ? {} : { outputSchema: outputSchema as TurnStartParams["outputSchema"] }),
      });
      active.accept(turn.id);
      return { turnId: turn.id, ended: active.ended };
    } catch (error) {
      if (this.active === active) this.active = undefined;
      active.fail(error as Error);
      throw error;
    }
  }

  /** Adds to the running turn; returns false when there is none, or none any more. */
  async steer(commandId: string, message: Message): Promise<boolean> {
    const turnId = this.active?.turnId;
    if (turnId === undefined) return false;
    try {
      await this.server.request("turn/steer", {
        threadId: this.threadId,
        expectedTurnId: turnId,
        clientUserMessageId: commandId,
        input: userInput(message),
      });
      return true;
    } catch (error) {
      if (isTurnOver(error)) return false;
      throw error;
    }
  }

  /**
   * Ends the running turn and the commands that it left in the background, within ten seconds. After that codex is
   * killed, and the turn counts as interrupted as well. Returns false when no turn was running.
   */
  async interrupt(boundMs = this.opts.interruptBoundMs ?? INTERRUPT_BOUND_MS): Promise<boolean> {
    const { active } = this;
    if (active === undefined) return false;
    active.isInterrupted = true;
    const timer = setTimeout(() => void this.kill(), boundMs);
    try {
      await Promise.race([active.accepted, active.ended]);
      // A repeated interrupt can hang, so the turn's end is what counts, not this answer.
      const { threadId } = this;
      for (const [subagentThreadId, turnId] of this.subagentTurns)
        this.interruptSubagent(active, subagentThreadId, turnId);
      if (active.ownEnd === undefined) {
        const interruptRequest = this.server.request(
          "turn/interrupt",
          { threadId, turnId: active.turnId ?? "" },
          boundMs,
        );
        await Promise.race([interruptRequest, active.ended]);
      }
      await active.ended;
      for (const thread of this.threads) await this.cleanTerminals(thread, boundMs);
    } catch {
      // Killed at the bound, or codex went away by itself: either way the turn has ended.
      await active.ended.catch(() => {});
    } finally {
      clearTimeout(timer);
    }
    return true;
  }

  /** Closes codex in order, then kills what is left of it and its tools. */
  async stop(graceMs = 2_000): Promise<void> {
    await this.server.stop(graceMs);
  }

  async kill(): Promise<void> {
    await this.server?.kill();
  }

  private async answer(method: string, params: unknown): Promise<unknown> {
    this.openRequests += 1;
    try {
      return await this.opts.onRequest(method, params);
    } finally {
      this.openRequests -= 1;
      this.lastMessageAt = performance.now();
    }
  }

  private handleNotification(notification: CodexNotification): void {
    const { active } = this;
    this.lastMessageAt = performance.now();
    if (notification.method === "turn/started" && active && notification.params.threadId === this.thread)
      active.accept(notification.params.turn.id);
    this.opts.onNotification(notification);
    if (notification.method !== "turn/started" && notification.method !== "turn/completed") return;
    const { threadId, turn } = notification.params;
    this.threads.add(threadId);
    if (threadId !== this.thread) this.trackSubagent(notification.method, threadId, turn.id);
    else if (notification.method === "turn/completed" && active && (active.turnId ?? turn.id) === turn.id)
      active.ownEnd = {
        turnId: turn.id,
        status: turn.status === "inProgress" ? "failed" : turn.status,
        error: turn.error,
      };
    this.endTurnIfDone();
  }

  private trackSubagent(method: "turn/started" | "turn/completed", threadId: string, turnId: string): void {
    if (method === "turn/started") {
      this.subagentTurns.set(threadId, turnId);
      if (this.active?.isInterrupted) this.interruptSubagent(this.active, threadId, turnId);
    } else if (this.subagentTurns.get(threadId) === turnId) this.subagentTurns.delete(threadId);
  }

  /** Does not wait: a notification reports the end, which the time limit of the whole interrupt bounds. */
  private interruptSubagent(active: ActiveTurn, threadId: string, turnId: string): void {
    active.hasInterruptedSubagents = true;
    this.server.request("turn/interrupt", { threadId, turnId }).catch(() => {});
  }

  private async cleanTerminals(threadId: string, boundMs: number): Promise<void> {
    try {
      await this.server.request("thread/backgroundTerminals/clean", { threadId }, boundMs);
    } catch (error) {
      // A closed thread is no longer known to codex, and its commands ended with it.
      if (!(error instanceof CodexRequestError)) throw error;
    }
  }

  /** Ends the turn once the agent's own thread and all others are done. */
  private endTurnIfDone(): void {
    const { active } = this;
    if (active?.ownEnd === undefined || this.subagentTurns.size > 0) return;
    this.active = undefined;
    const { ownEnd } = active;
    active.end(
      active.hasInterruptedSubagents && ownEnd.status === "completed" ? { ...ownEnd, status: "interrupted" } : ownEnd,
    );
  }

  private endByExit(error: BackendFailedError): void {
    const { active } = this;
    this.active = undefined;
    if (active?.isInterrupted) active.end({ turnId: active.turnId ?? "", status: "interrupted", error: null });
    else active?.fail(error);
  }
}

function createActiveTurn(): ActiveTurn {
  let end: ActiveTurn["end"] = () => {};
  let fail: ActiveTurn["fail"] = () => {};
  let resolveAccepted: () => void = () => {};
  const ended = new Promise<TurnEnd>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  ended.catch(() => {});
  const accepted = new Promise<void>((resolve) => {
    resolveAccepted = resolve;
  });
  const turn: ActiveTurn = {
    turnId: undefined,
    accepted,
    accept(turnId) {
      turn.turnId ??= turnId;
      resolveAccepted();
    },
    isInterrupted: false,
    ownEnd: undefined,
    hasInterruptedSubagents: false,
    end,
    fail,
    ended,
  };
  return turn;
}

// A wrapper that cannot start its program says so in words of its own; this says what to do.
async function assertExecutable(codexPath: string, pathVariable: string): Promise<void> {
  const isPath = codexPath.includes("/");
  const candidates = isPath ? [codexPath] : pathVariable.split(path.delimiter).map((dir) => path.join(dir, codexPath));
  for (const candidate of candidates) if (await isExecutableFile(candidate)) return;
  throw new BackendFailedError(
    `there is no codex to run ${isPath ? `at ${codexPath}` : `by the name of ${codexPath} on PATH`}: install the npm package @openai/codex with its optional dependencies, or set AGENTRUN_CODEX_PATH`,
  );
}

async function isExecutableFile(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
