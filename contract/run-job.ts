import { z } from "zod";
import { Instant, RecordId } from "./ids";
import { LOG_CONTAINERS, LOG_LINES_MAX, type LogContainer, RUN_JOB_SOURCES } from "./words";

export const RunJobInput = z.strictObject({
  runId: RecordId,
  /** The newest attempt unless told. */
  attemptId: RecordId.optional(),
});
export type RunJobInput = z.infer<typeof RunJobInput>;

export const RunLogInput = z.strictObject({
  runId: RecordId,
  attemptId: RecordId.optional(),
  /** The last one that has started unless told. */
  container: z.enum(LOG_CONTAINERS).optional(),
  /** How many, clamped. */
  tailLines: z
    .int()
    .min(1)
    .default(200)
    .transform((lines) => Math.min(lines, LOG_LINES_MAX)),
  /** Lines from then on alone. */
  since: Instant.optional(),
});
export type RunLogInput = z.infer<typeof RunLogInput>;

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  /** When it became so. */
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
  /** Kubernetes' own: `Normal` or `Warning`. */
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number(),
  firstAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  from: z.string().nullable(),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;

/** What the executor knows of an attempt: a Job and its pod, or a process of this machine. */
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
      /** An attempt that lives longer is ended by the cluster. */
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
      /** In the order in which they are started. */
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
  /** Of the Job and its pod, what was seen last first; Kubernetes forgets them after an hour. */
  events: z.array(ClusterEvent),
  /** What could not be read, and why. */
  faults: z.array(z.string()),
});
export type AttemptDetails = z.infer<typeof AttemptDetails>;

export const LogLine = z.object({ at: z.string().nullable(), text: z.string() });
export type LogLine = z.infer<typeof LogLine>;

/** The end of what one container wrote. */
export const AttemptLog = z.object({
  container: z.enum(LOG_CONTAINERS),
  /** Those that have written or may yet. */
  containers: z.array(z.enum(LOG_CONTAINERS)),
  lines: z.array(LogLine),
  /** There was more before these. */
  isCut: z.boolean(),
  /** Why there is nothing yet, or no more. */
  note: z.string().nullable(),
});
export type AttemptLog = z.infer<typeof AttemptLog>;

/** What web asks of the worker about an attempt, and what it is answered. */
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
  /** What that means, in words. */
  note: z.string(),
  /** When it was read, or kept. */
  asOf: z.string(),
  details: AttemptDetails.nullable(),
});
export type RunJob = z.infer<typeof RunJob>;

export const RunLog = AttemptLog.extend({
  runId: z.string(),
  attemptId: z.string().nullable(),
  /** null: there is none to read of. */
  container: z.enum(LOG_CONTAINERS).nullable(),
  source: Source,
  asOf: z.string(),
});
export type RunLog = z.infer<typeof RunLog>;
