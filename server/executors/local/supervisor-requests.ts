import type { RunnerProcess, SupervisorMessage } from "@/contract/supervisor";
import { UnavailableError } from "@/server/errors";
import type { AttemptEnding } from "@/server/executors/executor";
import type { SupervisorChannel } from "./channel";

/** How long the supervisor's answers are waited for, in milliseconds. */
export type Deadlines = { launchDeadlineMs?: number; endDeadlineMs?: number; observeDeadlineMs?: number };

type ReplyHandler = (message: SupervisorMessage) => void;

/** What the worker asks of the supervisor. The channel carries only messages, so each answer is found by its content. */
export class SupervisorRequests {
  readonly #replyHandlers = new Set<ReplyHandler>();

  constructor(
    private readonly channel: Pick<SupervisorChannel, "send">,
    private readonly deadlines: Deadlines,
  ) {}

  /** Gives a message to the requests that wait. To be called for every message of the supervisor. */
  receive(message: SupervisorMessage): void {
    for (const handle of [...this.#replyHandlers]) handle(message);
  }

  /** Starts a runner with these variables. Throws when the supervisor could not, or did not answer in time. */
  async launch(attemptId: string, env: Record<string, string>): Promise<void> {
    const reply = this.#waitForReply((message) => {
      if (message.type !== "runner.launched" && message.type !== "runner.launch-failed") return null;
      return message.attemptId === attemptId ? message : null;
    }, this.deadlines.launchDeadlineMs ?? 30_000);
    await this.channel.send({ type: "runner.launch", attemptId, env });
    const answer = await reply;
    if (answer === null) throw new Error("The supervisor did not start the runner in time.");
    if (answer.type === "runner.launch-failed") throw new Error(answer.message);
  }

  /** Ends a runner with all that it started. `unconfirmed`: the supervisor did not report its end in time. */
  async end(attemptId: string): Promise<AttemptEnding> {
    const reply = this.#waitForReply((message) => {
      if (message.type !== "runner.gone" && message.type !== "runner.exited") return null;
      return message.attemptId === attemptId ? message : null;
    }, this.deadlines.endDeadlineMs ?? 15_000);
    await this.channel.send({ type: "runner.end", attemptId });
    return (await reply) === null ? "unconfirmed" : "gone";
  }

  /** Returns the attempts that the supervisor runs; null: it did not answer in time. */
  async listAttempts(): Promise<string[] | null> {
    const reply = this.#waitForReply((message) => (message.type === "runner.list" ? message : null), this.#observeMs);
    await this.channel.send({ type: "runner.list" }).catch(() => undefined);
    return (await reply)?.attemptIds ?? null;
  }

  /** Returns the supervisor's record of a runner; null: it has none. Throws when it did not answer in time. */
  async readRunner(attemptId: string): Promise<RunnerProcess | null> {
    const reply = this.#waitForReply(
      (message) => (message.type === "runner.read" && message.attemptId === attemptId ? message : null),
      this.#observeMs,
    );
    await this.channel.send({ type: "runner.read", attemptId });
    const answer = await reply;
    if (answer === null) throw new UnavailableError("executor-unavailable", "The supervisor did not answer in time.");
    return answer.process;
  }

  get #observeMs(): number {
    return this.deadlines.observeDeadlineMs ?? 5_000;
  }

  /** Resolves with the first message that `select` makes an answer of; null: none came in time. */
  #waitForReply<T>(select: (message: SupervisorMessage) => T | null, deadlineMs: number): Promise<T | null> {
    return new Promise((resolve) => {
      const finish = (answer: T | null) => {
        clearTimeout(timer);
        this.#replyHandlers.delete(handle);
        resolve(answer);
      };
      const timer = setTimeout(() => finish(null), deadlineMs);
      const handle: ReplyHandler = (message) => {
        const answer = select(message);
        if (answer !== null) finish(answer);
      };
      this.#replyHandlers.add(handle);
    });
  }
}
