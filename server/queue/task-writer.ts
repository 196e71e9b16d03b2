import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { prepareTask, type TaskAsk, type TaskOutcome } from "./add-tasks";
import { commitTasks } from "./commit-tasks";
import { taskOf } from "./create-task";
import { hasDependencies } from "./dependencies";

type Waiting = { ask: TaskAsk; bytes: number; settle: (outcome: TaskOutcome) => void };

/** Commits under way at once; two to four were alike when measured, one was slower. */
const LANES = 4;
const TASKS_PER_COMMIT_MAX = 500;
const BYTES_PER_COMMIT_MAX = 8 * 1024 * 1024;
/** Tasks that wait at most, so that a database that is away cannot fill the memory. */
const WAITING_MAX = 10_000;

/**
 * Group commit: tasks of callers that come while commits are under way are added together by the next one. The first
 * goes at once; answers go out after the commit. Each keeps its own caller, outcome and error.
 */
export class TaskWriter {
  readonly #waiting: Waiting[] = [];
  #open = 0;
  #underWay = 0;
  #isClosed = false;

  /** Adds a task durably; resolves once it is committed. */
  async add(caller: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
    if (this.#isClosed) throw new UnavailableError("shutting-down", "this server is stopping: try again");
    if (this.#open >= WAITING_MAX)
      throw new UnavailableError("executor-unavailable", "too many tasks wait to be stored: try again");
    this.#open += 1;
    try {
      const ask = await prepareTask(caller, input);
      const { payload, references, metadata } = ask.row;
      const bytes = payload.length + references.length + metadata.length;
      const outcome = await new Promise<TaskOutcome>((settle) => {
        this.#waiting.push({ ask, bytes, settle });
        void this.#run();
      });
      return taskOf(outcome);
    } finally {
      this.#open -= 1;
    }
  }

  /** Adds what waits, then refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#open > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async #run(): Promise<void> {
    if (this.#underWay >= LANES) return;
    this.#underWay += 1;
    // What comes in this turn of the event loop goes out together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let taken = this.#take(); taken.length > 0; taken = this.#take()) await this.#commit(taken);
    this.#underWay -= 1;
  }

  /** Those that come after others apart: they may have to wait for one that ends in this moment. */
  async #commit(taken: Waiting[]): Promise<void> {
    const dependents = taken.filter(({ ask }) => hasDependencies(ask));
    if (dependents.length === 0) return this.#commitAll(taken);
    await this.#commitAll(taken.filter(({ ask }) => !hasDependencies(ask)));
    await this.#commitAll(dependents);
  }

  async #commitAll(taken: Waiting[]): Promise<void> {
    const asks = taken.map(({ ask }) => ask);
    const [first] = asks;
    if (!first) return;
    // Pool and wakes are the process's; who asked for what stands in the asks.
    const outcomes = await commitTasks(first.caller, asks);
    taken.forEach(({ settle }, index) => {
      settle(outcomes[index] ?? { error: new Error("a task was not judged") });
    });
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#waiting) {
      bytes += item.bytes;
      if (count > 0 && (count >= TASKS_PER_COMMIT_MAX || bytes > BYTES_PER_COMMIT_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
