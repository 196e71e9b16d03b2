import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { Backlog, GroupCommit, type Waiting } from "@/server/group-commit";
import { prepareTask, type TaskOutcome, type TaskRequest } from "./add-tasks";
import { commitTasks } from "./commit-tasks";
import { taskOf } from "./create-task";
import { hasDependencies } from "./dependencies";
import { hasImages } from "./images";

type SizedAsk = { ask: TaskRequest; chars: number };
type WaitingAsk = Waiting<SizedAsk, TaskOutcome>;

/** Two to four performed alike when measured; one was slower. */
const FLUSHES_MAX = 4;
/**
 * For tasks that come after others or show images: they may have to wait for a locked task or image, and no other task
 * should wait with them.
 */
const DEPENDENT_FLUSHES_MAX = 2;
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
  readonly #plain = new GroupCommit({ flushesMax: FLUSHES_MAX, countFitting, flush: commit });
  readonly #dependents = new GroupCommit({ flushesMax: DEPENDENT_FLUSHES_MAX, countFitting, flush: commit });
  readonly #backlog: Backlog;

  constructor(waitingCharsMax = WAITING_CHARS_MAX) {
    this.#backlog = new Backlog({ what: "tasks", countMax: WAITING_MAX, charsMax: waitingCharsMax });
  }

  /** Adds a task durably; resolves once it is committed. */
  async add(caller: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
    this.#backlog.enter();
    let chars = 0;
    try {
      const ask = await prepareTask(caller, input);
      const sized = { ask, chars: charsOf(ask) };
      this.#backlog.hold(sized.chars);
      chars = sized.chars;
      const group = hasDependencies(ask) || hasImages(ask) ? this.#dependents : this.#plain;
      return taskOf(await group.add(sized));
    } finally {
      this.#backlog.leave(chars);
    }
  }

  /** Adds what waits, then refuses new tasks. */
  close(): Promise<void> {
    return this.#backlog.close();
  }
}

function charsOf({ row }: TaskRequest): number {
  const { payload, references, metadata, workspaceRef, resourceBundleRef } = row;
  return (
    payload.length +
    references.length +
    metadata.length +
    (workspaceRef?.length ?? 0) +
    (resourceBundleRef?.length ?? 0)
  );
}

/** Decides every task: none is left for the next flush. */
async function commit(taken: WaitingAsk[]): Promise<WaitingAsk[]> {
  const [first] = taken;
  if (!first) return [];
  const waiting = new Map(taken.map((item) => [item.input.ask, item]));
  const answer = (ask: TaskRequest, outcome: TaskOutcome) => waiting.get(ask)?.resolve(outcome);
  const asks = [...waiting.keys()];
  // Pool and wakes belong to the process; each ask carries its own caller.
  const outcomes = await commitTasks(first.input.ask.caller, asks, { answer });
  asks.forEach((ask, index) => {
    answer(ask, outcomes[index] ?? { error: new Error("a task was not judged") });
  });
  return [];
}

function countFitting(waiting: readonly WaitingAsk[]): number {
  let chars = 0;
  let count = 0;
  for (const { input } of waiting) {
    chars += input.chars;
    if (count > 0 && (count >= TASKS_PER_COMMIT_MAX || chars > CHARS_PER_COMMIT_MAX)) break;
    count += 1;
  }
  return count;
}
