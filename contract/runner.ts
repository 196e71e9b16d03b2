import { z } from "zod";
import { ChosenId, IdempotencyKey, RecordId, requiredText } from "./ids";
import { Metadata } from "./json";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";

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
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListRunnersInput = z.infer<typeof ListRunnersInput>;

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
});
export type Runner = z.infer<typeof Runner>;
export const RunnerPage = pageOf(Runner);

export const LaunchRunnerJobInput = z.strictObject({
  runId: RecordId,
  commandId: RecordId.optional(),
  idempotencyKey: IdempotencyKey.optional(),
});
export type LaunchRunnerJobInput = z.infer<typeof LaunchRunnerJobInput>;
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
  state: z.enum(RUNNER_JOB_STATES),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type RunnerJob = z.infer<typeof RunnerJob>;
export const RunnerJobPage = pageOf(RunnerJob);
