import { z } from "zod";
import { FailureKind } from "./errors";
import {
  ChosenId,
  ChosenSessionId,
  exactText,
  IdempotencyKey,
  Instant,
  Int32,
  OwnerId,
  RecordId,
  RecordIds,
  requiredText,
  text,
} from "./ids";
import { jsonObject, Metadata } from "./json";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TIME_RANGE } from "./time-range";
import { APPROVAL_POLICIES, RUN_OUTCOMES, RUN_STATUSES, SANDBOX_MODES, TERMINAL_STATUSES } from "./words";

export { isTerminal, RUN_STATUSES, type RunStatus } from "./words";

export const TerminalStatus = z.enum(TERMINAL_STATUSES);
export type TerminalStatus = z.infer<typeof TerminalStatus>;

export const LEASE_STATES = ["none", "held", "expired", "fencing"] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

export const LEASE_MS_MIN = 500;
export const LEASE_MS_MAX = 3_600_000;

const RELATIVE_PATH = /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))/s;
const RelativePath = exactText(1_024).regex(RELATIVE_PATH, "a relative path without ..");
/** Refuses `file:` and `ext::` transports, and credentials, which would end up in logs. */
const GitUrl = exactText(2_048)
  .regex(/^(https|http|ssh|git):\/\/[^\s]+$|^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s]+$/, "an https, http, ssh or git URL")
  .refine((url) => !/^https?:\/\/[^/]*@/.test(url), "must not carry credentials");
const GitRef = exactText(255).regex(/^[A-Za-z0-9][^\s~^:?*[\\]*$/, "a branch, tag or commit");
const GitSource = { url: GitUrl, ref: GitRef.optional(), subdir: RelativePath.optional() };

export const WorkspaceRef = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("empty") }),
  z.strictObject({ kind: z.literal("git"), ...GitSource }),
  z.strictObject({
    kind: z.literal("directory"),
    path: exactText(4_096).startsWith("/", "an absolute path"),
  }),
]);
export type WorkspaceRef = z.infer<typeof WorkspaceRef>;

export const ResourceBundleRef = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("inline"),
    files: z.array(z.strictObject({ path: RelativePath, content: text(1_048_576) })).max(256),
  }),
  z.strictObject({ kind: z.literal("git"), ...GitSource }),
]);
export type ResourceBundleRef = z.infer<typeof ResourceBundleRef>;

export const ON_LOST = ["ask", "continue"] as const;

export const ExecutionPolicy = z.strictObject({
  sandbox: z.enum(SANDBOX_MODES).optional(),
  approval: z.enum(APPROVAL_POLICIES).optional(),
  network: z.boolean().optional(),
  model: requiredText(200).optional(),
  effort: requiredText(50).optional(),
  turnTimeoutMs: z
    .int()
    .min(1)
    .max(7 * 86_400_000)
    .optional(),
  idleTimeoutMs: z.int().min(0).max(86_400_000).optional(),
  maxAttempts: z.int().min(1).max(20).optional(),
  onLost: z.enum(ON_LOST).optional(),
  extra: Metadata.optional(),
});
export type ExecutionPolicy = z.infer<typeof ExecutionPolicy>;

/** The values of a policy's absent fields; times in milliseconds. */
export const POLICY_DEFAULTS = {
  sandbox: "workspace-write",
  approval: "on-request",
  idleTimeoutMs: 60_000,
  maxAttempts: 3,
  onLost: "ask",
} as const;

/** Whether a policy gives the agent network access. Access that is not stated is denied, also for old rows. */
export function allowsNetwork({ network, sandbox }: Pick<ExecutionPolicy, "network" | "sandbox">): boolean {
  return network === true || (sandbox === "danger-full-access" && network !== false);
}

export const SessionRef = z.strictObject({
  sessionId: ChosenSessionId,
  conversationId: requiredText(256).optional(),
  threadId: requiredText(256).optional(),
  metadata: Metadata.optional(),
  expiresAt: Instant.optional(),
});

export const CreateRunInput = z.strictObject({
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  providerId: ChosenId.optional(),
  backendProfile: ChosenId,
  workspaceRef: WorkspaceRef.optional(),
  executionPolicy: ExecutionPolicy.optional(),
  resourceBundleRef: ResourceBundleRef.optional(),
  sessionRef: SessionRef.optional(),
  traceSink: jsonObject(65_536).optional(),
  idempotencyKey: IdempotencyKey.optional(),
});
export type CreateRunInput = z.infer<typeof CreateRunInput>;

export const GetRunInput = z.strictObject({ runId: RecordId });
export const ListRunsInput = z.strictObject({
  status: z.enum(RUN_STATUSES).optional(),
  /** `failed`: also runs that completed although their last turn failed; `turn-failed`: those alone. */
  outcome: z.enum(RUN_OUTCOMES).optional(),
  /** Why the run failed, or the last turn of one that completed. */
  failureKind: RecordId.optional(),
  backendProfile: RecordId.optional(),
  sessionId: RecordId.optional(),
  taskId: RecordId.optional(),
  /** The id of a run, or of its session or task. */
  search: RecordId.optional(),
  /** Only these runs. */
  runIds: RecordIds.optional(),
  /** When the run was created. */
  ...TIME_RANGE,
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListRunsInput = z.infer<typeof ListRunsInput>;

const STATS_HOURS_MAX = 168;
export const RunStatsInput = z.strictObject({
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  withinHours: z.int().min(1).max(STATS_HOURS_MAX).default(24),
});
export type RunStatsInput = z.infer<typeof RunStatsInput>;
export const RunOutcomesInput = RunStatsInput;
export type RunOutcomesInput = z.infer<typeof RunOutcomesInput>;

const LeaseMs = z.int().min(LEASE_MS_MIN).max(LEASE_MS_MAX);
const LeaseEpoch = Int32;

export const ClaimRunInput = z.strictObject({
  runId: RecordId,
  runnerId: ChosenId,
  leaseMs: LeaseMs.optional(),
  nonce: requiredText(256).optional(),
  /** The protocol version that the runner speaks; see contract/runner-protocol.ts. */
  protocolVersion: z.int().min(1).max(1_000_000).optional(),
});
export type ClaimRunInput = z.infer<typeof ClaimRunInput>;

export const HeartbeatInput = z.strictObject({
  runId: RecordId,
  runnerId: ChosenId,
  leaseEpoch: LeaseEpoch.optional(),
  leaseMs: LeaseMs.optional(),
  /** Round-trip time of the previous beat. */
  roundTripMs: z.int().min(0).max(86_400_000).optional(),
  /** CPU use of the runner's process since the previous beat, in percent of one core. */
  cpuPercent: z.int().min(0).max(1_000_000).optional(),
  rssBytes: z.int().min(0).optional(),
});
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

export const FinishRunInput = z.strictObject({
  runId: RecordId,
  runnerId: ChosenId.optional(),
  leaseEpoch: LeaseEpoch.optional(),
  terminalStatus: TerminalStatus,
  failureKind: FailureKind.optional(),
  failureMessage: text(1_048_576).optional(),
  threadId: requiredText(256).optional(),
  turnId: requiredText(256).optional(),
});
export type FinishRunInput = z.infer<typeof FinishRunInput>;

export const ReleaseRunInput = z.strictObject({
  runId: RecordId,
  leaseEpoch: LeaseEpoch,
  reason: text(1_000).optional(),
  /** The runner was told to give way to another one, so this does not count as an attempt. */
  isDrained: z.boolean().optional(),
});
export type ReleaseRunInput = z.infer<typeof ReleaseRunInput>;

export const CancelRunInput = z.strictObject({ runId: RecordId, reason: text(10_000).optional() });
export type CancelRunInput = z.infer<typeof CancelRunInput>;

export const LogBodiesInput = z.strictObject({
  runId: RecordId,
  /** Minutes from now; 0 stops the logging. */
  minutes: z.int().min(0).max(1_440),
});
export type LogBodiesInput = z.infer<typeof LogBodiesInput>;

export const ForceReleaseInput = z.strictObject({ runId: RecordId, reason: requiredText(1_000) });

/** Unrestricted, because the refs of old rows are returned as they are. */
const StoredRef = z.record(z.string(), z.unknown());

export const Run = z.object({
  id: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  providerId: z.string(),
  backendProfile: z.string(),
  workspaceRef: StoredRef,
  sessionRef: StoredRef.nullable(),
  /** The queue task that this run is an attempt of. */
  taskId: z.string().nullable(),
  resourceBundleRef: StoredRef.nullable(),
  executionPolicy: StoredRef,
  traceSink: StoredRef.nullable(),
  status: z.enum(RUN_STATUSES),
  terminalStatus: TerminalStatus.nullable(),
  failureKind: z.string().nullable(),
  failureMessage: z.string().nullable(),
  /**
   * Why the last turn of a run that completed failed, such as `backend-failed`; null where it did not. Missing from
   * servers older than this field, null for runs that ended before it.
   */
  turnFailureKind: z.string().nullable().optional(),
  createdAt: z.string(),
  /** When the run was first claimed; null for runs that ended before this was recorded. */
  startedAt: z.string().nullable(),
  updatedAt: z.string(),
  claimedBy: z.string().nullable(),
  leaseExpiresAt: z.string().nullable(),
  leaseEpoch: z.number(),
  leaseState: z.enum(LEASE_STATES),
  cancelRequestedAt: z.string().nullable(),
  /** Until when web logs what the run's agent and model send each other; null: it does not. */
  bodiesLoggedUntil: z.string().nullable(),
  cancelReason: z.string().nullable(),
  attemptCount: z.number(),
  nextAttemptAt: z.string().nullable(),
  lastEventSeq: z.number(),
  version: z.number(),
});
export type Run = z.infer<typeof Run>;

/** A run as lists show it: with its task's title, else its session's. */
export const RunSummary = Run.extend({
  title: z.string().nullable(),
  /** How many approvals its agent waits for. */
  pendingApprovals: z.number(),
});
export type RunSummary = z.infer<typeof RunSummary>;
export const RunPage = pageOf(RunSummary);

/**
 * Failures of the runs created in the last hours, most frequent kind first: of runs, and of the last turns of runs that
 * completed.
 */
export const RunStats = z.object({
  /** All of them. */
  failed: z.number(),
  /** How many of them completed although their last turn failed. */
  turnsFailed: z.number(),
  byFailureKind: z.array(z.object({ failureKind: z.string().nullable(), count: z.number() })),
  /** There are more runs than are counted; the newest are counted. */
  isPartial: z.boolean(),
  withinHours: z.number(),
});
export type RunStats = z.infer<typeof RunStats>;

export const RunOutcomes = z.object({
  from: z.string(),
  to: z.string(),
  stepMinutes: z.number(),
  /** Runs by the hour in which they were created; hours in which no ended run was created are left out. */
  items: z.array(
    z.object({
      hour: z.string(),
      completed: z.number(),
      failed: z.number(),
      cancelled: z.number(),
      /** How many of those completed although their last turn failed. */
      turnsFailed: z.number(),
    }),
  ),
  /** There are more runs than are counted; the newest are counted. */
  isPartial: z.boolean(),
});
export type RunOutcomes = z.infer<typeof RunOutcomes>;

/** What a runner needs beside the run itself. Only a claim returns it. */
export const Assignment = z.object({
  session: z
    .object({
      sessionId: z.string(),
      threadId: z.string().nullable(),
      codexRolloutSubdir: z.string(),
    })
    .nullable(),
  backend: z.object({ profile: z.string(), model: z.string(), protocol: z.string() }),
  modelBaseUrl: z.string(),
  modelToken: z.string(),
  leaseMs: z.number(),
  /** Nobody else can end this runner, so it must end its agent by itself before its lease runs out. */
  selfFence: z.boolean(),
  /** The archive to restore the volume from before the agent starts; null when the volume is complete. */
  restore: z.object({ manifestId: z.string() }).nullable(),
  /** The request of the turn that a lost attempt cut off, when the policy continues with it in a new turn. */
  cutOffTurn: z
    .object({
      commandId: z.string(),
      text: z.string(),
      outputSchema: z.record(z.string(), z.unknown()).optional(),
      attachments: z.array(z.string()).optional(),
    })
    .nullable(),
  isDemo: z.boolean(),
  /** Whether the server accepts a runner's measurements in its beats; the previous release refuses them. */
  hearsVitals: z.boolean(),
  /** Whether the server accepts a turn's `output`; the previous release refuses it. */
  takesOutput: z.boolean(),
});
export type Assignment = z.infer<typeof Assignment>;

export const ClaimedRun = Run.extend({ runnerToken: z.string().optional(), assignment: Assignment });
export type ClaimedRun = z.infer<typeof ClaimedRun>;

export const HeartbeatAnswer = Run.extend({
  /** Another run of this session waits, so an idle runner must end its run at once. */
  shouldYield: z.boolean(),
  /** The runner is to drain: it ends its turn, takes no further turn, and gives the run back if turns wait. */
  isDraining: z.boolean(),
  /** Commands in progress whose cancellation was requested. */
  cancelledCommandIds: z.array(z.string()),
});
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;
