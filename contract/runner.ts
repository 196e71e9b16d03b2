import { z } from "zod";
import { ChosenId, IdempotencyKey, RecordId, requiredText } from "./ids";
import { Metadata } from "./json";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { RangeMinutes, TIME_RANGE } from "./time-range";
import { RUN_STATUSES, RUNNER_END_KINDS, RUNNER_SKEWS, RUNNER_STATES } from "./words";

/** What a runner's exit code says to whoever started it. */
export const RUNNER_EXIT = {
  done: 0,
  failed: 1,
  /** The run could not be claimed. */
  refused: 2,
  lost: 3,
  /** The run's end was said in its preparation: no agent is to be started. */
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
  /** `living` is every state but `ended`; without one all are listed. */
  state: z.enum([...RUNNER_STATES, "living"]).optional(),
  backendProfile: RecordId.optional(),
  placement: requiredText(256).optional(),
  /** The id of a runner, or of its run, session or attempt. */
  search: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** As the runner calls it: the machine, or the pod that it is. */
  host: requiredText(256).optional(),
  /** The commit that it was built of, or the beginning of it. */
  sourceCommit: requiredText(256).optional(),
  skew: z.enum(RUNNER_SKEWS).optional(),
  endKind: z.enum(RUNNER_END_KINDS).optional(),
  /** Whether the executor of this installation started it. */
  isLaunched: z.boolean().optional(),
  /** Whether draining was ordered, and not taken back. */
  isDrained: z.boolean().optional(),
  /** Whether its turn has said nothing for long, with no approval open. */
  isStuck: z.boolean().optional(),
  /** Whether it was last heard of within so long, or longer ago. */
  heardWithinMinutes: RangeMinutes.optional(),
  silentForMinutes: RangeMinutes.optional(),
  /** When it registered. */
  ...TIME_RANGE,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListRunnersInput = z.infer<typeof ListRunnersInput>;

/** Who ordered something of a runner, when and why. */
const RunnerOrder = z.object({ at: z.string(), by: z.string(), reason: z.string().nullable() });
export type RunnerOrder = z.infer<typeof RunnerOrder>;

/** The last beats, the oldest first. */
const Beats = z.object({
  /** All that were ever counted. */
  count: z.number(),
  /** How long after the one before each came. */
  gapsMs: z.array(z.number()),
  /** How long each beat before took to the server and back; null: not reported. */
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
  /** null: nobody's, and only administrators see it. */
  tenantId: z.string().nullable(),
  state: z.enum(RUNNER_STATES),
  /** How often it beats, by its lease. */
  beatMs: z.number(),
  beats: Beats,
  /** Of the runner's own process, of one core, since the beat before; null: not reported. */
  cpuPercent: z.number().nullable(),
  rssBytes: z.number().nullable(),
  protocolVersion: z.number().nullable(),
  /** Where its build is not the server's: another commit, or another version of the protocol. */
  skew: z.enum(RUNNER_SKEWS).nullable(),
  /** Of its last claim. */
  leaseEpoch: z.number().nullable(),
  leaseExpiresAt: z.string().nullable(),
  drain: RunnerOrder.nullable(),
  kill: RunnerOrder.nullable(),
  endedAt: z.string().nullable(),
  endKind: z.enum(RUNNER_END_KINDS).nullable(),
  endMessage: z.string().nullable(),
  /** Its run as it stands now, whoever holds it; null where there is none any more. */
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
      /** Turns under way, and turns that wait. */
      turns: z.object({ running: z.number(), waiting: z.number() }),
    })
    .nullable(),
  /** What the executor knows it by; null where somebody else started it. */
  job: z.object({ id: z.string(), namespace: z.string(), jobName: z.string(), state: z.string() }).nullable(),
  /** Why each order would be refused now; null: it would not. */
  refusals: z.object({
    drain: z.string().nullable(),
    resume: z.string().nullable(),
    revoke: z.string().nullable(),
    kill: z.string().nullable(),
  }),
});
export type Runner = z.infer<typeof Runner>;
export const RunnerPage = pageOf(Runner);

/** An order to a runner. The reason stays in the audit log, and is told with what becomes of the run. */
export const OrderRunnerInput = z.strictObject({ runnerId: RecordId, reason: requiredText(1_000).optional() });
export type OrderRunnerInput = z.infer<typeof OrderRunnerInput>;

export const RunnerStatsInput = z.strictObject({ tenantId: RecordId.optional(), projectId: RecordId.optional() });
export type RunnerStatsInput = z.infer<typeof RunnerStatsInput>;
export const RunnerStats = z.object({
  /** Of the living ones. */
  byState: z.object({ idle: z.number(), busy: z.number(), draining: z.number(), late: z.number(), lost: z.number() }),
  living: z.number(),
  /** Launched, and not yet heard of. */
  starting: z.number(),
  /** Runners that the executor runs at once. */
  capacity: z.number(),
  /** Where the living ones are, at most 100. */
  placements: z.array(z.string()),
});
export type RunnerStats = z.infer<typeof RunnerStats>;

export const RUNNER_HISTORY_MINUTES_MAX = 10_080;
export const RunnerHistoryInput = z.strictObject({
  tenantId: RecordId.optional(),
  /** How far back: 360 unless told, 7 days at most. */
  minutes: z.int().min(1).max(RUNNER_HISTORY_MINUTES_MAX).default(360),
});
export type RunnerHistoryInput = z.infer<typeof RunnerHistoryInput>;
/** A step: the most that there were in one of its minutes, and how long beats took. A step that was not noted is left out. */
export const RunnerMinute = z.object({
  /** Its start. */
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

/** What the last beats of living runners brought, as a browser's stream tells it. */
export type BeatsFrame = {
  runners: (Pick<Runner, "id" | "heartbeatAt" | "leaseExpiresAt" | "cpuPercent" | "rssBytes"> & {
    /** Those since the last frame alone. */
    beats: Runner["beats"];
  })[];
};

export const LaunchRunnerJobInput = z.strictObject({
  runId: RecordId,
  commandId: RecordId.optional(),
  idempotencyKey: IdempotencyKey.optional(),
});
export type LaunchRunnerJobInput = z.infer<typeof LaunchRunnerJobInput>;
/** By its own id, or that of its attempt. */
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
 * unreachable: who starts runners gave no answer or is overloaded, which holds up every launch; refused: it refused this
 * one, in a way that passes by itself; ending: nobody knows yet that nothing is left of an earlier try.
 */
const LAUNCH_WAIT_REASONS = ["unreachable", "refused", "ending"] as const;
export type LaunchWaitReason = (typeof LAUNCH_WAIT_REASONS)[number];

const LaunchWait = z.object({
  reason: z.enum(LAUNCH_WAIT_REASONS),
  /** In the words of who was asked. */
  message: z.string(),
  /** The first time that it could not be started. */
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
  /** Why it is `launching` still, and when it is tried again; null: it was not refused, or is past that. */
  wait: LaunchWait.nullable(),
  state: z.enum(RUNNER_JOB_STATES),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type RunnerJob = z.infer<typeof RunnerJob>;
export const RunnerJobPage = pageOf(RunnerJob);
