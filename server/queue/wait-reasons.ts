import type { Blocker, BlockerKind } from "@/contract/queue";
import { rateWords } from "@/contract/rate";
import { type OpenDependencies, readOpenDependencies } from "@/db/queries/queue/dependencies";
import type { QueueTaskRow } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { type Block, LimitLedger, readBusy, readLimits } from "@/server/dispatcher";
import { dueAt, isHeld } from "@/server/task-attempts";
import { hasFailed } from "./dependencies";

/** The columns by which a task's wait is judged. */
type WaitingTask = Pick<
  QueueTaskRow,
  | "id"
  | "tenantId"
  | "projectId"
  | "queue"
  | "lane"
  | "priority"
  | "backendProfile"
  | "concurrencyKey"
  | "sessionId"
  | "notBefore"
  | "parkedAt"
  | "parkedUntil"
  | "attemptCount"
  | "attemptsBefore"
>;

/** Returns what each waiting task waits for, by the dispatcher's own limits, read once for all of them. */
export async function readWaitReasons(
  ctx: ServiceContext,
  tasks: (WaitingTask & Pick<QueueTaskRow, "state">)[],
): Promise<Map<string, Blocker>> {
  const pending = tasks.filter(({ state }) => state === "pending");
  const reasons = await readDependencyReasons(ctx, pending.filter(isHeld));
  const waiting = pending.filter(({ id }) => !reasons.has(id)).map(asReleased);
  if (waiting.length === 0) return reasons;
  if (ctx.settings.executor === "none") {
    for (const { id } of waiting) reasons.set(id, NOT_DISPATCHED);
    return reasons;
  }
  const facts = await readLimits(ctx, { runnersMax: ctx.settings.runnersMax });
  const ledger = new LimitLedger({ ...facts, busySessions: await readBusy(ctx, waiting) });
  const viewerTenantId = tenantOf(ctx);
  for (const task of waiting) reasons.set(task.id, blockerOf(task, ledger, viewerTenantId));
  return reasons;
}

async function readDependencyReasons(ctx: ServiceContext, held: WaitingTask[]): Promise<Map<string, Blocker>> {
  if (held.length === 0) return new Map();
  const ids = held.map(({ id }) => id);
  return new Map([...(await readOpenDependencies(ctx.db, ids))].map(([id, open]) => [id, dependencyBlocker(open)]));
}

/**
 * What the task was held for has ended, and the dispatcher's next pass releases it: until then it is judged like any
 * other task.
 */
function asReleased<Task extends WaitingTask>(task: Task): Task {
  return isHeld(task) ? { ...task, notBefore: null } : task;
}

/** Returns the blocker of a task that waits for others to be completed. */
export function dependencyBlocker({ count, failed, tasks }: OpenDependencies): Blocker {
  const holders = tasks.map(({ taskId }) => taskId);
  const more = count > holders.length ? ` and ${count - holders.length} more` : "";
  const dependencies = { count, tasks };
  if (failed > 0) {
    const { holders: failedTasks, verb } = describeFailed(tasks, failed);
    const pronoun = failed === 1 ? "it" : "them";
    const message = `depends on ${failedTasks.join(", ")}, which ${verb}. Retry ${pronoun} or remove the ${failed === 1 ? "dependency" : "dependencies"}`;
    return { ...simpleBlocker("dependency-failed", message, null), holders, dependencies };
  }
  return { ...simpleBlocker("dependency", `waiting for ${holders.join(", ")}${more}`, null), holders, dependencies };
}

function describeFailed(tasks: OpenDependencies["tasks"], failed: number): { holders: string[]; verb: string } {
  const failedTasks = tasks.filter(({ state }) => hasFailed(state));
  const isAllCancelled = failedTasks.every(({ state }) => state === "cancelled");
  const verb = isAllCancelled ? (failed === 1 ? "was cancelled" : "were cancelled") : "failed";
  return { holders: failedTasks.map(({ taskId }) => taskId), verb };
}

const NOT_DISPATCHED: Blocker = {
  kind: "not-dispatched",
  message: "dispatch is off (AGENTRUN_EXECUTOR is none): an external program takes tasks",
  until: null,
  limit: null,
  holders: [],
};

/**
 * Returns what a task waits for, given what is left of every limit, as far as `seer` may know it; null as `seer`: a
 * caller bound to no tenant.
 */
export function blockerOf(task: WaitingTask, ledger: LimitLedger, viewerTenantId: string | null): Blocker {
  const place = ledger.laneBlock(task);
  if (place?.kind === "paused") return toBlocker(place, task, viewerTenantId);
  const time = timeBlock(task);
  if (time) return time;
  const block = ledger.taskBlock({ ...task, createdAt: "" }) ?? place;
  if (block) return toBlocker(block, task, viewerTenantId);
  if (ledger.free === 0) return simpleBlocker("capacity", "all runners are busy", null);
  return simpleBlocker("next", "starts next", null);
}

function timeBlock(task: WaitingTask): Blocker | null {
  if (task.notBefore === null) return null;
  const until = dueAt(task.notBefore)?.toISOString() ?? null;
  if (task.parkedAt !== null) {
    const message = until
      ? "the provider's usage limit is reached: it resumes when the limit resets"
      : `the provider's usage limit is reached${untilPhrase(task.parkedUntil)}. Retry it when the limit resets`;
    return simpleBlocker("parked", message, until ?? task.parkedUntil?.toISOString() ?? null);
  }
  return task.attemptCount > task.attemptsBefore
    ? simpleBlocker("backoff", `attempt ${task.attemptCount} failed: the next one starts later`, until)
    : simpleBlocker("not-due", "scheduled for later", until);
}

function untilPhrase(until: Date | null): string {
  return until === null ? "" : ` until ${until.toISOString()}`;
}

function simpleBlocker(kind: BlockerKind, message: string, until: string | null): Blocker {
  return { kind, message, until, limit: null, holders: [] };
}

/**
 * Rounds an instant that a rate makes up to whole seconds for a bound caller: the exact start may be another tenant's.
 */
export function tellableUntil(until: string, viewerTenantId: string | null): string {
  return viewerTenantId === null ? until : new Date(Math.ceil(Date.parse(until) / 1_000) * 1_000).toISOString();
}

/** Tells a bound caller no ids of other tenants' tasks, and nothing of a provider. */
function toBlocker(block: Block, task: WaitingTask, viewerTenantId: string | null): Blocker {
  const { kind, limit, rate, budget } = block;
  const budgetId = budget === undefined || (budget.isOfAll && viewerTenantId !== null) ? undefined : budget.id;
  const until =
    block.until === undefined ? null : tellableUntil(block.until, rate === undefined ? null : viewerTenantId);
  const holders = block.holders
    .filter(({ tenantId }) => viewerTenantId === null || tenantId === viewerTenantId)
    .map(({ id }) => id);
  const message = messageOf(
    { ...block, ...(until === null ? {} : { until }) },
    { task, holders, isBound: viewerTenantId !== null },
  );
  return {
    kind,
    message,
    until,
    limit,
    holders,
    ...(rate === undefined ? {} : { rate }),
    ...(budgetId === undefined ? {} : { budgetId }),
  };
}

type BlockContext = { task: WaitingTask; holders: string[]; isBound: boolean };

function budgetName({ name, isOfAll }: NonNullable<Block["budget"]>, isBound: boolean): string {
  return isOfAll && isBound ? "a budget of all tenants" : `budget “${name}”`;
}

/** Returns a sentence for a person, naming the tasks that hold what is waited for. */
function messageOf(
  { kind, limit, detail, until, others = 0, rate, budget }: Block,
  { task, holders, isBound }: BlockContext,
): string {
  const held = holders.length === 0 ? "" : `, held by ${holders.join(", ")}`;
  switch (kind) {
    case "paused":
      return detail ? `paused: ${detail}` : "the queue or lane is paused";
    case "queue-limit":
      return `queue ${task.queue} is at its limit (${limit})${held}`;
    case "lane-limit":
      return `lane ${task.lane} is at its limit (${limit})${held}`;
    case "rate-limited": {
      if (rate === undefined) return kind;
      const place = rate.of === "lane" ? `lane ${task.lane}` : `queue ${task.queue}`;
      return `${place} allows ${rateWords(rate)}: the next may start at ${until}`;
    }
    case "key-limit":
      return `key ${detail} is at its limit (${limit})${held}`;
    case "budget-reached":
      return `${budget === undefined ? detail : budgetName(budget, isBound)} is reached. Raise it${until === undefined ? "" : " or wait until its period ends"}`;
    case "session-busy":
      return `session ${detail} has a turn in progress${held}`;
    case "session-evicted":
      return `session ${detail} is evicted. Restore it`;
    case "backend-limit":
      return `backend ${detail} is at its limit (${limit})${held}${isBound || others === 0 ? "" : `; ${others} in runs of no task`}`;
    case "backend-disabled":
      return `backend ${task.backendProfile} is switched off${detail ? `: ${detail}` : ""}`;
    case "backend-down":
      return `backend ${task.backendProfile} is unavailable${isBound ? "" : `: ${detail}`}`;
    default:
      return detail ?? kind;
  }
}
