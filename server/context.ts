import type pg from "pg";
import type { Logger } from "pino";
import type { BackendsFile } from "@/contract/backend";
import type { AppendAnswer, AppendEventsInput } from "@/contract/event";
import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import type { Db, Tx } from "@/db/client";
import { type TransactionOptions, withTransaction } from "@/db/transaction";
import type { Archive } from "./archive/archive";
import { ForbiddenError } from "./errors";
import type { Volumes } from "./volumes/volumes";

/** Who calls. `tenantId` null means every tenant: only administrators and the system's own loops. */
export type Actor =
  | {
      kind: "operator";
      name: string;
      role: "viewer" | "operator" | "admin";
      tenantId: string | null;
      tokenId: string | null;
      /** What its token may call, within its role; none: everything. */
      scopes?: readonly string[] | null;
      /** When its token ends by itself; none: never. */
      expiresAt?: Date | null;
    }
  | { kind: "launch"; name: string; runId: string; attemptId: string; tenantId: string; tokenId: string }
  | {
      kind: "runner";
      name: string;
      runId: string;
      leaseEpoch: number;
      tenantId: string;
      tokenId: string;
      /** Its run or epoch has ended: only heartbeat and finish still answer it, so that the last answers are not lost. */
      isEnded?: boolean;
    }
  /** Hands over what one session's volume holds, and can do nothing else. */
  | { kind: "archiver"; name: string; sessionId: string; tenantId: string; tokenId: string }
  /** `tenantId`: whose work a loop does, where that is one tenant's. */
  | { kind: "system"; name: string; tenantId: string | null };

/** Whether a caller's token is for a group of procedures; one without scopes is for all. */
export function hasScope(actor: Actor, scope: string): boolean {
  return actor.kind !== "operator" || !actor.scopes || actor.scopes.includes(scope);
}

/** Topics that readers wait on; see server/live. A key narrows one to a run. */
export type Topic =
  | "runs"
  | "sessions"
  | "volumes"
  | "queue"
  | "approvals"
  | "bulk"
  | "asks"
  | "webhooks"
  | `events:${string}`
  | `commands:${string}`
  | `control:${string}`;

export type ServerSettings = {
  executor: "local" | "kubernetes" | "none";
  leaseMs: number;
  /** Runners that the executor runs at once: each is a codex with tools of its own. */
  runnersMax: number;
  publicUrl: string;
  /** Where runners reach web: loopback on one machine. */
  runnerUrl: string;
  isDemoOn: boolean;
  workspaceRoots: string[];
  /** Profiles that the file named by AGENTRUN_BACKENDS configures. */
  backends: BackendsFile;
  /**
   * What a variable of this process holds, read when it is needed: keys of model providers are never part of a value
   * that could be logged, sent or inherited.
   */
  readVariable: (name: string) => string | null;
  sourceCommit: string;
  /** Where the documents lie that come with the program. */
  docsFolder: string;
  /** Of runners' Jobs. */
  runnerImage: string;
  /** How long an attempt may live where the cluster ends it after that; null elsewhere. */
  runnerDeadlineMs: number | null;
  /** How long a launch that is refused or not answered is tried before its run fails, milliseconds. */
  launchMaxMs: number;
  /** How long a turn may say nothing before it counts as stuck; no approval of it waits meanwhile. */
  stuckAfterMs: number;
  /** What the images of one session may have in sum. */
  attachmentsBytesMax: number;
  storage: StorageSettings;
};

/** How long volumes and archives are kept; docs/CONFIGURATION.md has what each means. */
export type StorageSettings = {
  /** null: a session without an expiry of its own never expires. */
  idleTtlMs: number | null;
  /** How often the worker collects by itself. */
  gcIntervalMs: number;
  /** Of collections that no person asked for. */
  dailyMax: number;
  breakerMin: number;
  breakerShare: number;
  archiveKeep: number;
  /** null: as long as `archiveKeep` says. */
  archiveRetentionMs: number | null;
  /** Of evicted sessions; null: for ever. */
  archiveRetentionDays: number | null;
};

export type ServiceContext = {
  pool: pg.Pool;
  db: Db | Tx;
  actor: Actor;
  log: Logger;
  settings: ServerSettings;
  requestId: string;
  /** Wakes readers of a topic in every process. Inside a transaction it waits for the commit. */
  wake(topic: Topic): void;
  /** Stores a batch of events with those of other callers in one commit; see server/events/appender.ts. */
  append(batch: AppendBatch): Promise<AppendAnswer>;
  /** Adds a caller's task with those of others in one commit; see server/queue/task-writer.ts. */
  addTask(caller: ServiceContext, input: CreateTaskInput): Promise<QueueTask>;
  volumes: Volumes;
  archive: Archive;
};

/** A batch as the appender judges it: who writes is decided before, whether the run still takes it is decided in the commit. */
export type AppendBatch = Pick<AppendEventsInput, "runId" | "batchId" | "events"> & {
  /** null: written without a lease, by an administrator. */
  leaseEpoch: number | null;
};

/** A context inside a transaction: its `db` locks. */
export type TxContext = ServiceContext & { db: Tx };

const transactions = new WeakSet<object>();

/**
 * Runs work in one transaction; inside another it joins that one. The inner context shadows the outer, so that code
 * cannot write past the transaction. Wakes go out after the commit.
 */
export async function inTx<T>(
  ctx: ServiceContext,
  work: (ctx: TxContext) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (isTxContext(ctx)) return work(ctx);
  let wakes = new Set<Topic>();
  const once = (tx: Tx) => {
    wakes = new Set();
    const inner: TxContext = { ...ctx, db: tx, wake: (topic) => wakes.add(topic) };
    transactions.add(inner);
    return work(inner);
  };
  const result = await withTransaction(ctx.pool, once, options);
  for (const topic of wakes) ctx.wake(topic);
  return result;
}

/** Whether a transaction is under way: what joins it is committed with it, and with nothing else. */
export function isTxContext(ctx: ServiceContext): ctx is TxContext {
  return transactions.has(ctx);
}

/** The tenant that a caller is bound to; null for those who see all. */
export function tenantOf(ctx: ServiceContext): string | null {
  return ctx.actor.tenantId;
}

/** Refuses who is bound to a tenant what is every tenant's. */
export function assertEveryTenant(ctx: ServiceContext): void {
  if (tenantOf(ctx) !== null) throw new ForbiddenError("this needs an administrator of every tenant");
}

/** Whether the actor may act without a lease: administrators, operators and the system's own loops. */
export function isOperator(actor: Actor): boolean {
  return actor.kind === "operator" || actor.kind === "system";
}

/** A runner's and a launch token's actor is bound to one run; any other run does not exist for it. */
export function boundRunId(actor: Actor): string | null {
  return actor.kind === "runner" || actor.kind === "launch" ? actor.runId : null;
}

/** The tenant that a caller acts for: its own, or what one who sees all names; null where it names none. */
export function tenantFor(ctx: ServiceContext, named: string | undefined): string | null {
  const bound = tenantOf(ctx);
  if (bound !== null && named !== undefined && named !== bound)
    throw new ForbiddenError(`this token is bound to tenant ${bound}`);
  return bound ?? named ?? null;
}

/**
 * Whose rows a picture is drawn of, where it names whose; `tenantId` null: everybody's. null as a whole: another's, which
 * have nothing to show to a caller who is bound to a tenant.
 */
export function tenantAsked(ctx: ServiceContext, named: string | undefined): { tenantId: string | null } | null {
  const bound = tenantOf(ctx);
  const isOthers = bound !== null && named !== undefined && named !== bound;
  return isOthers ? null : { tenantId: bound ?? named ?? null };
}

/** What a new record belongs to: the caller's tenant, or what an administrator names. */
export function ownerOf(
  ctx: ServiceContext,
  input: { tenantId?: string; projectId?: string },
): { tenantId: string; projectId: string } {
  return { tenantId: tenantFor(ctx, input.tenantId) ?? "default", projectId: input.projectId ?? "default" };
}
