import { z } from "zod";
import { ChosenId, IdempotencyKey, RecordId, requiredText } from "./ids";
import { Metadata } from "./json";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { RangeMinutes, TIME_RANGE } from "./time-range";
import { RUN_STATUSES, RUNNER_END_KINDS, RUNNER_SKEWS, RUNNER_STATES } from "./words";

/** A runner's exit codes, for whoever started it. */
export const RUNNER_EXIT = {
  done: 0,
  failed: 1,
  /** The run could not be claimed. */
  refused: 2,
  lost: 3,
  /** The run was ended in its preparation: no agent must be started. */
  endedInPreparation: 4,
  /** A disk that the runner writes to is full. */
  storageFull: 5,
} as const;

export const RegisterRunnerInput = z.strictObject({
  id: ChosenId.optional(),
  runId: RecordId.optional(),
  attemptId: ChosenId.optional(),
  backendProfile: ChosenId.optional(),
  placement: requiredText(256).optional(),
  sourceCommit: requiredText(256).optional(),
  metadata: Metadata.optional(),
});
export type RegisterRunnerInput = z.infer<typeof RegisterRunnerInput>;
export const GetRunnerInput = z.strictObject({ runnerId: RecordId });
export const ListRunnersInput = z.strictObject({
  runId: RecordId.optional(),
  /** `living` is every state but `ended`; by default all are listed. */
  state: z.enum([...RUNNER_STATES, "living"]).optional(),
  backendProfile: RecordId.optional(),
  placement: requiredText(256).optional(),
  /** The id of a runner, or of its run, session or attempt. */
  search: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** The runner's own name for its host: the machine or the pod. */
  host: requiredText(256).optional(),
  /** The commit that the runner was built from, or its first characters. */
  sourceCommit: requiredText(256).optional(),
  skew: z.enum(RUNNER_SKEWS).optional(),
  endKind: z.enum(RUNNER_END_KINDS).optional(),
  /** Whether this installation's executor started the runner. */
  isLaunched: z.boolean().optional(),
  /** Whether draining was ordered and not revoked. */
  isDrained: z.boolean().optional(),
  /** Whether its turn has produced no event for long while no approval is open. */
  isStuck: z.boolean().optional(),
  /** Heard from within this time (`heardWithinMinutes`), or longer ago. */
  heardWithinMinutes: RangeMinutes.optional(),
  silentForMinutes: RangeMinutes.optional(),
  /** When the runner registered. */
  ...TIME_RANGE,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListRunnersInput = z.infer<typeof ListRunnersInput>;

/** Who gave the runner an order, when and why. */
const RunnerOrder = z.object({ at: z.string(), by: z.string(), reason: z.string().nullable() });
export type RunnerOrder = z.infer<typeof RunnerOrder>;

/** The last beats, oldest first. */
const Beats = z.object({
  /** All beats ever counted. */
  count: z.number(),
  /** Milliseconds between each beat and the one before. */
  gapsMs: z.array(z.number()),
  /** Round-trip time of the beat before each; null: not reported. */
  tripsMs: z.array(z.number().nullable()),
});

export const Runner = z.object({
  id: z.string(),
  runId: z.string().nullable(),
  attemptId: z.string().nullable(),
  backendProfile: z.string().nullable(),
  placement: z.string().nullable(),
  sourceCommit: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  registeredAt: z.string(),
  heartbeatAt: z.string(),
  /** null: the runner belongs to no tenant, and only administrators see it. */
  tenantId: z.string().nullable(),
  state: z.enum(RUNNER_STATES),
  /** Milliseconds between beats, derived from its lease. */
  beatMs: z.number(),
  beats: Beats,
  /** CPU use of the runner's own process since the previous beat, in percent of one core; null: not reported. */
  cpuPercent: z.number().nullable(),
  rssBytes: z.number().nullable(),
  protocolVersion: z.number().nullable(),
  /** How the runner's build differs from the server's: in commit, or in protocol version. null: it does not. */
  skew: z.enum(RUNNER_SKEWS).nullable(),
  /** The lease epoch of its last claim. */
  leaseEpoch: z.number().nullable(),
  leaseExpiresAt: z.string().nullable(),
  drain: RunnerOrder.nullable(),
  kill: RunnerOrder.nullable(),
  endedAt: z.string().nullable(),
  endKind: z.enum(RUNNER_END_KINDS).nullable(),
  endMessage: z.string().nullable(),
  /** The run as it is now, whoever holds it; null where it no longer exists. */
  run: z
    .object({
      status: z.enum(RUN_STATUSES),
      title: z.string().nullable(),
      sessionId: z.string().nullable(),
      projectId: z.string(),
      isHeld: z.boolean(),
      leaseState: z.string(),
      leaseEpoch: z.number(),
      attemptCount: z.number(),
      attemptMax: z.number(),
      nextAttemptAt: z.string().nullable(),
      onLost: z.string(),
      /** Number of running turns, and of waiting ones. */
      turns: z.object({ running: z.number(), waiting: z.number() }),
    })
    .nullable(),
  /** The executor's record of the runner; null where somebody else started it. */
  job: z.object({ id: z.string(), namespace: z.string(), jobName: z.string(), state: z.string() }).nullable(),
  /** Why each order would be refused now; null: it would be accepted. */
  refusals: z.object({
    drain: z.string().nullable(),
    resume: z.string().nullable(),
    revoke: z.string().nullable(),
    kill: z.string().nullable(),
  }),
});
export type Runner = z.infer<typeof Runner>;
export const RunnerPage = pageOf(Runner);

/** An order to a runner. The reason is kept in the audit log and included in the message about its run. */
export const OrderRunnerInput = z.strictObject({ runnerId: RecordId, reason: requiredText(1_000).optional() });
export type OrderRunnerInput = z.infer<typeof OrderRunnerInput>;

export const RunnerStatsInput = z.strictObject({ tenantId: RecordId.optional(), projectId: RecordId.optional() });
export type RunnerStatsInput = z.infer<typeof RunnerStatsInput>;
export const RunnerStats = z.object({
  /** Counts of the living runners. */
  byState: z.object({ idle: z.number(), busy: z.number(), draining: z.number(), late: z.number(), lost: z.number() }),
  living: z.number(),
  /** Runners that were launched and not heard from yet. */
  starting: z.number(),
  /** Maximum runners that the executor runs at once. */
  capacity: z.number(),
  /** Where the living runners are; at most 100 places. */
  placements: z.array(z.string()),
});
export type RunnerStats = z.infer<typeof RunnerStats>;

export const RUNNER_HISTORY_MINUTES_MAX = 10_080;
export const RunnerHistoryInput = z.strictObject({
  tenantId: RecordId.optional(),
  /** How far back; 360 by default, at most 7 days. */
  minutes: z.int().min(1).max(RUNNER_HISTORY_MINUTES_MAX).default(360),
});
export type RunnerHistoryInput = z.infer<typeof RunnerHistoryInput>;
/**
 * A step of the history: the highest counts in any of its minutes, and how long beats took. A step that was not
 * recorded is left out.
 */
export const RunnerMinute = z.object({
  /** The start of the step. */
  minute: z.string(),
  alive: z.number(),
  busy: z.number(),
  /** Late or lost. */
  silent: z.number(),
  capacity: z.number(),
  tripP50Ms: z.number().nullable(),
  tripP95Ms: z.number().nullable(),
});
export type RunnerMinute = z.infer<typeof RunnerMinute>;
export const RunnerHistory = z.object({
  stepMinutes: z.number(),
  from: z.string(),
  to: z.string(),
  items: z.array(RunnerMinute),
});
export type RunnerHistory = z.infer<typeof RunnerHistory>;

/** What the latest beats of living runners brought, as sent in a browser's stream. */
export type BeatsFrame = {
  runners: (Pick<Runner, "id" | "heartbeatAt" | "leaseExpiresAt" | "cpuPercent" | "rssBytes"> & {
    /** Only the beats since the last frame. */
    beats: Runner["beats"];
  })[];
};

export const LaunchRunnerJobInput = z.strictObject({
  runId: RecordId,
  commandId: RecordId.optional(),
  idempotencyKey: IdempotencyKey.optional(),
});
export type LaunchRunnerJobInput = z.infer<typeof LaunchRunnerJobInput>;
/** The id of the runner job, or of its attempt. */
export const GetRunnerJobInput = z.strictObject({ runnerJobId: RecordId });
export const ListRunnerJobsInput = z.strictObject({
  runId: RecordId,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListRunnerJobsInput = z.infer<typeof ListRunnerJobsInput>;

/** launching: recorded, not yet confirmed; running; ended: confirmed gone; failed: could not be started. */
export const RUNNER_JOB_STATES = ["launching", "running", "ended", "failed"] as const;
export type RunnerJobState = (typeof RUNNER_JOB_STATES)[number];

/**
 * unreachable: the executor's API gave no answer or is overloaded, which holds up every launch; refused: it refused
 * this launch for a reason that passes without intervention; ending: an earlier try is not yet known to be gone.
 */
const LAUNCH_WAIT_REASONS = ["unreachable", "refused", "ending"] as const;
export type LaunchWaitReason = (typeof LAUNCH_WAIT_REASONS)[number];

const LaunchWait = z.object({
  reason: z.enum(LAUNCH_WAIT_REASONS),
  /** In the words of the executor's API. */
  message: z.string(),
  /** When it first could not be started. */
  since: z.string(),
  tries: z.number(),
  nextTryAt: z.string(),
});
export type LaunchWait = z.infer<typeof LaunchWait>;

export const RunnerJob = z.object({
  id: z.string(),
  runId: z.string(),
  commandId: z.string(),
  idempotencyKey: z.string().nullable(),
  payloadHash: z.string(),
  attemptId: z.string(),
  runnerId: z.string(),
  namespace: z.string(),
  jobName: z.string(),
  managerUrl: z.string(),
  image: z.string(),
  sourceCommit: z.string(),
  serviceAccountName: z.string().nullable(),
  result: z.record(z.string(), z.unknown()),
  /** Why the job is still `launching`, and when it is tried again. null: it was not refused, or was started since. */
  wait: LaunchWait.nullable(),
  state: z.enum(RUNNER_JOB_STATES),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type RunnerJob = z.infer<typeof RunnerJob>;
export const RunnerJobPage = pageOf(RunnerJob);
