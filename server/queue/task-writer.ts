import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { prepareTask, type TaskAsk, type TaskOutcome } from "./add-tasks";
import { commitTasks } from "./commit-tasks";
import { taskOf } from "./create-task";
import { hasDependencies } from "./dependencies";

type Waiting = { ask: TaskAsk; chars: number; settle: (outcome: TaskOutcome) => void };

/** How many commits may be under way at once, and what waits for the next. */
type Lanes = { max: number; underWay: number; waiting: Waiting[] };

/** Two to four performed alike when measured; one was slower. */
const LANES = 4;
/**
 * For tasks that come after others: they may have to wait for a locked task, and no other task should wait with them.
 */
const DEPENDENT_LANES = 2;
const TASKS_PER_COMMIT_MAX = 500;
const CHARS_PER_COMMIT_MAX = 8 * 1024 * 1024;
/**
 * How much may wait, so that an unavailable database cannot fill the memory: tasks, and characters of their JSON. The
 * text and the values from which it was made are kept, some 4 bytes a character in all.
 */
const WAITING_MAX = 10_000;
const WAITING_CHARS_MAX = 64 * 1024 * 1024;

/**
 * Group commit: tasks of callers that come while commits are under way are added together by the next one. The first
 * goes at once; answers go out after the commit. Each keeps its own caller, outcome and error.
 */
export class TaskWriter {
  readonly #plain: Lanes = { max: LANES, underWay: 0, waiting: [] };
  readonly #dependents: Lanes = { max: DEPENDENT_LANES, underWay: 0, waiting: [] };
  #open = 0;
  #waitingChars = 0;
  #isClosed = false;

  constructor(private readonly waitingCharsMax = WAITING_CHARS_MAX) {}

  /** Adds a task durably; resolves once it is committed. */
  async add(caller: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
    if (this.#isClosed) throw new UnavailableError("shutting-down", "this server is stopping: try again");
    if (this.#open >= WAITING_MAX) throw tooMany();
    this.#open += 1;
    let chars = 0;
    try {
      const ask = await prepareTask(caller, input);
      if (this.#waitingChars >= this.waitingCharsMax) throw tooMany();
      chars = charsOf(ask);
      this.#waitingChars += chars;
      const lanes = hasDependencies(ask) ? this.#dependents : this.#plain;
      const outcome = await new Promise<TaskOutcome>((settle) => {
        lanes.waiting.push({ ask, chars, settle });
        void this.#run(lanes);
      });
      return taskOf(outcome);
    } finally {
      this.#open -= 1;
      this.#waitingChars -= chars;
    }
  }

  /** Adds what waits, then refuses new tasks. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#open > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async #run(lanes: Lanes): Promise<void> {
    if (lanes.underWay >= lanes.max) return;
    lanes.underWay += 1;
    // Tasks that arrive in this turn of the event loop are committed together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let taken = take(lanes); taken.length > 0; taken = take(lanes)) await commit(taken);
    lanes.underWay -= 1;
  }
}

function tooMany(): UnavailableError {
  return new UnavailableError("overloaded", "too many tasks wait to be stored: try again");
}

function charsOf({ row }: TaskAsk): number {
  const { payload, references, metadata, workspaceRef, resourceBundleRef } = row;
  return (
    payload.length +
    references.length +
    metadata.length +
    (workspaceRef?.length ?? 0) +
    (resourceBundleRef?.length ?? 0)
  );
}

async function commit(taken: Waiting[]): Promise<void> {
  const [first] = taken;
  if (!first) return;
  const settles = new Map(taken.map(({ ask, settle }) => [ask, settle]));
  const answer = (ask: TaskAsk, outcome: TaskOutcome) => settles.get(ask)?.(outcome);
  const asks = [...settles.keys()];
  // Pool and wakes belong to the process; each ask carries its own caller.
  const outcomes = await commitTasks(first.ask.caller, asks, { answer });
  asks.forEach((ask, index) => {
    answer(ask, outcomes[index] ?? { error: new Error("a task was not judged") });
  });
}

function take({ waiting }: Lanes): Waiting[] {
  let chars = 0;
  let count = 0;
  for (const item of waiting) {
    chars += item.chars;
    if (count > 0 && (count >= TASKS_PER_COMMIT_MAX || chars > CHARS_PER_COMMIT_MAX)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
