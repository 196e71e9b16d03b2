import { z } from "zod";
import { RecordId } from "./ids";
import { DEPENDENCY_RESULTS, TASK_STATES } from "./words";

/** Characters that are handed over of one task's result, and of all that a task comes after. */
export const RESULT_MAX = 16_384;
export const RESULTS_MAX = 65_536;

/**
 * output: the JSON that it answered by its schema; message: what its agent said last; failure: why it failed or was
 * cancelled.
 */
const RESULT_KINDS = ["output", "message", "failure"] as const;

/** What a task found out, for those that come after it. */
export const DependencyResult = z.object({
  taskId: z.string(),
  title: z.string(),
  idempotencyKey: z.string().nullable(),
  state: z.enum(TASK_STATES),
  failureKind: z.string().nullable(),
  /** Where all of it is. */
  sessionId: z.string().nullable(),
  /** null: it has none, or none yet. */
  kind: z.enum(RESULT_KINDS).nullable(),
  /** The beginning of it; of an output its JSON. */
  text: z.string().nullable(),
  /** Characters of all of it. */
  length: z.number(),
});
export type DependencyResult = z.infer<typeof DependencyResult>;

export const ListDependencyResultsInput = z.strictObject({ taskId: RecordId });
export type ListDependencyResultsInput = z.infer<typeof ListDependencyResultsInput>;
export const DependencyResultList = z.object({
  taskId: z.string(),
  /** Whether its agent is told of them. */
  dependencyResults: z.enum(DEPENDENCY_RESULTS),
  /** In the order in which it was said what the task comes after. */
  items: z.array(DependencyResult),
  /** What an attempt that was dispatched now would be told behind its own text, or would where it asked for it; null: nothing. */
  handedText: z.string().nullable(),
});
export type DependencyResultList = z.infer<typeof DependencyResultList>;
