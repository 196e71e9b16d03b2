import { z } from "zod";
import { Instant, RecordId } from "./ids";
import { LOG_CONTAINERS, LOG_LINES_MAX, type LogContainer, RUN_JOB_SOURCES } from "./words";

export const RunJobInput = z.strictObject({
  runId: RecordId,
  /** Defaults to the newest attempt. */
  attemptId: RecordId.optional(),
});
export type RunJobInput = z.infer<typeof RunJobInput>;

export const RunLogInput = z.strictObject({
  runId: RecordId,
  attemptId: RecordId.optional(),
  /** Defaults to the last container that has started. */
  container: z.enum(LOG_CONTAINERS).optional(),
  /** Number of lines, clamped to the maximum. */
  tailLines: z
    .int()
    .min(1)
    .default(200)
    .transform((lines) => Math.min(lines, LOG_LINES_MAX)),
  /** Only lines written from then on. */
  since: Instant.optional(),
});
export type RunLogInput = z.infer<typeof RunLogInput>;

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  /** When the condition took this value. */
  at: z.string().nullable(),
});
export type JobCondition = z.infer<typeof Condition>;

const JobContainer = z.object({
  name: z.string(),
  image: z.string().nullable(),
  state: z.enum(["waiting", "running", "terminated", "unknown"]),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  exitCode: z.number().nullable(),
  signal: z.number().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  restarts: z.number(),
  isReady: z.boolean(),
});
export type JobContainer = z.infer<typeof JobContainer>;

const ClusterEvent = z.object({
  of: z.enum(["Job", "Pod"]),
  /** Kubernetes' own type: `Normal` or `Warning`. */
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number(),
  firstAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  from: z.string().nullable(),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;

/** What the executor knows about an attempt: a Job and its pod, or a process on this machine. */
export const AttemptDetails = z.object({
  job: z
    .object({
      name: z.string(),
      namespace: z.string(),
      uid: z.string(),
      createdAt: z.string().nullable(),
      startedAt: z.string().nullable(),
      endedAt: z.string().nullable(),
      isBeingDeleted: z.boolean(),
      /** The cluster ends an attempt that lives longer. */
      deadlineSeconds: z.number().nullable(),
      conditions: z.array(Condition),
    })
    .nullable(),
  pod: z
    .object({
      name: z.string(),
      phase: z.string(),
      reason: z.string().nullable(),
      message: z.string().nullable(),
      node: z.string().nullable(),
      createdAt: z.string().nullable(),
      startedAt: z.string().nullable(),
      isBeingDeleted: z.boolean(),
      conditions: z.array(Condition),
      /** In the order in which they start. */
      containers: z.array(JobContainer),
    })
    .nullable(),
  process: z
    .object({
      pid: z.number(),
      startedAt: z.string(),
      endedAt: z.string().nullable(),
      exitCode: z.number().nullable(),
      signal: z.string().nullable(),
    })
    .nullable(),
  /** Events of the Job and its pod, last seen first. Kubernetes deletes them after an hour. */
  events: z.array(ClusterEvent),
  /** What could not be read, and why. */
  faults: z.array(z.string()),
});
export type AttemptDetails = z.infer<typeof AttemptDetails>;

export const LogLine = z.object({ at: z.string().nullable(), text: z.string() });
export type LogLine = z.infer<typeof LogLine>;

/** The end of one container's output. */
export const AttemptLog = z.object({
  container: z.enum(LOG_CONTAINERS),
  /** The containers that have written, or may still write. */
  containers: z.array(z.enum(LOG_CONTAINERS)),
  lines: z.array(LogLine),
  /** The log has earlier lines than these. */
  isCut: z.boolean(),
  /** Why there are no lines yet, or no more. */
  note: z.string().nullable(),
});
export type AttemptLog = z.infer<typeof AttemptLog>;

/** A question about an attempt that web leaves for the worker. */
export type AttemptAsk = { what: "details" } | { what: "log"; container: LogContainer | null; tailLines: number };
export type AttemptAnswer =
  | { what: "details"; details: AttemptDetails | null }
  | { what: "log"; log: AttemptLog | null }
  | { what: "refusal"; message: string };

const Source = z.enum(RUN_JOB_SOURCES);

export const RunJob = z.object({
  runId: z.string(),
  attemptId: z.string().nullable(),
  executor: z.enum(["local", "kubernetes", "none"]),
  source: Source,
  /** The source, in words. */
  note: z.string(),
  /** When it was read or kept. */
  asOf: z.string(),
  details: AttemptDetails.nullable(),
});
export type RunJob = z.infer<typeof RunJob>;

export const RunLog = AttemptLog.extend({
  runId: z.string(),
  attemptId: z.string().nullable(),
  /** null: there is no container to read. */
  container: z.enum(LOG_CONTAINERS).nullable(),
  source: Source,
  asOf: z.string(),
});
export type RunLog = z.infer<typeof RunLog>;
