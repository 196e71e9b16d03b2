import { z } from "zod";
import { RecordId } from "./ids";
import { Blocker, QueueTask } from "./queue";
import { ON_DEPENDENCY_FAILED } from "./words";

/** Tasks that one answer shows, at most. */
export const GRAPH_TASKS_MAX = 200;
/** Of those that come directly after a task, as many are counted. */
export const GRAPH_COUNTED_MAX = 1_000;

export const TaskGraphInput = z.strictObject({ taskId: RecordId });
export type TaskGraphInput = z.infer<typeof TaskGraphInput>;

/** What is told of a task among others that come before and after it. */
export const GraphTask = QueueTask.pick({
  title: true,
  state: true,
  queue: true,
  lane: true,
  backendProfile: true,
  sessionId: true,
  concurrencyKey: true,
  attemptCount: true,
  failureKind: true,
  deadLetter: true,
  nextAttemptAt: true,
  parkedAt: true,
  cancelRequestedAt: true,
  createdAt: true,
}).extend({
  taskId: z.string(),
  /** What it waits for, but for which tasks: `dependsOn` and their states tell that. null: it does not wait. */
  blocker: Blocker.omit({ holders: true, dependencies: true })
    .extend({
      /** Of `dependency` and `dependency-failed`: how many tasks it waits for. */
      dependencyCount: z.number().nullable(),
    })
    .nullable(),
  /** When its attempt under way, or its last one, was taken up by a runner; null while it waits. */
  startedAt: z.string().nullable(),
  /** null: it has not ended. */
  endedAt: z.string().nullable(),
  /** From 0: higher than those of all that it comes after. */
  layer: z.number(),
  /** Of the tasks that are shown, those that it comes directly after. */
  dependsOn: z.array(z.string()),
  /** null: it comes after nothing. */
  onDependencyFailed: z.enum(ON_DEPENDENCY_FAILED).nullable(),
  /** How many others it comes directly after that are not shown. */
  moreBefore: z.number(),
  /** How many others come directly after it that are not shown; counted as far as 1,000. */
  moreAfter: z.number(),
});
export type GraphTask = z.infer<typeof GraphTask>;

export const TaskGraph = z.object({
  /** The task that was asked for. */
  taskId: z.string(),
  /** By their layers, each after all that it comes after. */
  tasks: z.array(GraphTask),
  /** Whether there are more than are shown: `moreBefore` and `moreAfter` say where. */
  isTruncated: z.boolean(),
});
export type TaskGraph = z.infer<typeof TaskGraph>;
