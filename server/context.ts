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

/** The caller. A null `tenantId` means every tenant: only administrators and the system's own loops. */
export type Actor =
  | {
      kind: "operator";
      name: string;
      role: "viewer" | "operator" | "admin";
      tenantId: string | null;
      tokenId: string | null;
      /** What the caller's token may call, within its role; absent or null: everything. */
      scopes?: readonly string[] | null;
      /** When the caller's token ends by itself; absent or null: never. */
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
      /**
       * Its run or epoch has ended. Only heartbeat and finish still answer it, so that the last answers are not lost.
       */
      isEnded?: boolean;
    }
  /** May hand over the content of one session's volume, and nothing else. */
  | { kind: "archiver"; name: string; sessionId: string; tenantId: string; tokenId: string }
  /** `tenantId`: the tenant whose work a loop does, if it does one tenant's. */
  | { kind: "system"; name: string; tenantId: string | null };

/** Whether a caller's token covers a group of procedures; a token without scopes covers all. */
export function hasScope(actor: Actor, scope: string): boolean {
  return actor.kind !== "operator" || !actor.scopes || actor.scopes.includes(scope);
}

/** Topics that readers wait on; see server/live. A key narrows a topic to one run. */
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
  /** The URL by which runners reach web: loopback on one machine. */
  runnerUrl: string;
  isDemoOn: boolean;
  workspaceRoots: string[];
  /** The profiles that the file named by AGENTRUN_BACKENDS configures. */
  backends: BackendsFile;
  /**
   * Reads a variable of this process when it is needed: keys of model providers are never part of a value that could be
   * logged, sent or inherited.
   */
  readVariable: (name: string) => string | null;
  sourceCommit: string;
  /** The folder of the documents that come with the program. */
  docsFolder: string;
  /** The image of runners' Jobs. */
  runnerImage: string;
  /** How long an attempt may live, in milliseconds, before the cluster ends it; null: no cluster does. */
  runnerDeadlineMs: number | null;
  /** How long a refused or unanswered launch is tried before its run fails, in milliseconds. */
  launchMaxMs: number;
  /** How long a turn without a pending approval may be silent before it counts as stuck, in milliseconds. */
  stuckAfterMs: number;
  /** The maximum size of all images of one session together, in bytes. */
  attachmentsBytesMax: number;
  /** The maximum size of a project's images for queue tasks that no session shows yet, together, in bytes. */
  waitingAttachmentsBytesMax: number;
  storage: StorageSettings;
};

/** How long volumes and archives are kept; docs/CONFIGURATION.md explains each setting. */
export type StorageSettings = {
  /** null: a session without an expiry of its own never expires. */
  idleTtlMs: number | null;
  /** How often the worker collects by itself, in milliseconds. */
  gcIntervalMs: number;
  /** These three limit collections that no person asked for. */
  dailyMax: number;
  breakerMin: number;
  breakerShare: number;
  archiveKeep: number;
  /** null: as long as `archiveKeep` says. */
  archiveRetentionMs: number | null;
  /** For evicted sessions; null: for ever. */
  archiveRetentionDays: number | null;
};

export type ServiceContext = {
  pool: pg.Pool;
  db: Db | Tx;
  actor: Actor;
  log: Logger;
  settings: ServerSettings;
  requestId: string;
  /** Wakes readers of a topic in every process. In a transaction it waits for the commit. */
  wake(topic: Topic): void;
  /** Stores a batch of events together with those of other callers in one commit; see server/events/appender.ts. */
  append(batch: AppendBatch): Promise<AppendAnswer>;
  /** Adds a caller's task together with those of others in one commit; see server/queue/task-writer.ts. */
  addTask(caller: ServiceContext, input: CreateTaskInput): Promise<QueueTask>;
  volumes: Volumes;
  archive: Archive;
};

/** A batch for the appender. Who writes was decided before; the commit decides whether the run still accepts it. */
export type AppendBatch = Pick<AppendEventsInput, "runId" | "batchId" | "events"> & {
  /** null: an administrator writes without a lease. */
  leaseEpoch: number | null;
};

/** A context inside a transaction: its `db` locks. */
export type TxContext = ServiceContext & { db: Tx };

const transactions = new WeakSet<object>();

/**
 * Runs work in one transaction; inside another transaction it joins that one. The inner context shadows the outer, so
 * that code cannot write past the transaction. Wakes are sent after the commit.
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

/** Whether a transaction is under way: what joins it is committed with it and not otherwise. */
export function isTxContext(ctx: ServiceContext): ctx is TxContext {
  return transactions.has(ctx);
}

/** Returns the tenant that a caller is bound to; null: the caller sees all tenants. */
export function tenantOf(ctx: ServiceContext): string | null {
  return ctx.actor.tenantId;
}

/** Throws for a caller bound to a tenant, when something belongs to all tenants. */
export function assertEveryTenant(ctx: ServiceContext): void {
  if (tenantOf(ctx) !== null) throw new ForbiddenError("this needs an administrator of every tenant");
}

/** Whether the actor may act without a lease: administrators, operators and the system's own loops. */
export function isOperator(actor: Actor): boolean {
  return actor.kind === "operator" || actor.kind === "system";
}

/**
 * Returns the run that a runner's or launch token is bound to: any other run does not exist for it; null: not bound.
 */
export function boundRunId(actor: Actor): string | null {
  return actor.kind === "runner" || actor.kind === "launch" ? actor.runId : null;
}

/** Returns the tenant that a caller acts for: its own, or the one that an unbound caller names; null: it names none. */
export function tenantFor(ctx: ServiceContext, named: string | undefined): string | null {
  const bound = tenantOf(ctx);
  if (bound !== null && named !== undefined && named !== bound)
    throw new ForbiddenError(`this token is bound to tenant ${bound}`);
  return bound ?? named ?? null;
}

/**
 * Returns whose rows a chart shows; a null `tenantId`: all tenants'. null instead of an object: a bound caller asked
 * for another tenant, so nothing is shown.
 */
export function tenantAsked(ctx: ServiceContext, named: string | undefined): { tenantId: string | null } | null {
  const bound = tenantOf(ctx);
  const isOthers = bound !== null && named !== undefined && named !== bound;
  return isOthers ? null : { tenantId: bound ?? named ?? null };
}

/** Returns what a new record belongs to: the caller's tenant, or what an administrator names. */
export function ownerOf(
  ctx: ServiceContext,
  input: { tenantId?: string; projectId?: string },
): { tenantId: string; projectId: string } {
  return { tenantId: tenantFor(ctx, input.tenantId) ?? "default", projectId: input.projectId ?? "default" };
}
