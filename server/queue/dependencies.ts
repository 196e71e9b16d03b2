import type { DependencyRef, TaskState } from "@/contract/queue";
import type { OnDependencyFailed } from "@/contract/words";
import {
  type DependencyAsk,
  type FoundDependency,
  findDependencies,
  insertDependencies,
  lockDependencies,
  lockFreeDependencies,
  type NewDependency,
  readDependencies,
} from "@/db/queries/queue-dependencies";
import { inTx, isTxContext, type ServiceContext, type TxContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import type { TaskAsk, TaskResult } from "./add-tasks";
import { isTerminalTask } from "./task";

/**
 * One dependency of a task. `stored`: the existing task; null: it did not exist when it was looked up. `besides`:
 * earlier tasks of the same call with that key; where there are any, one of them must turn out to be the dependency.
 */
type Target = { stored: FoundDependency | null; besides: TaskAsk[] };
/** The dependencies of tasks that are about to be added, and what is wrong with them. */
export type DependencyPlan = { targets: Map<TaskAsk, Target[]>; faults: Map<TaskAsk, unknown> };

/** Some tasks that others of the call come after were refused. Everything is done again without the refused tasks. */
export class UnaddedDependency extends Error {
  constructor(readonly refused: ReadonlyMap<TaskAsk, unknown>) {
    super("a task that another of the same call comes after was refused");
  }
}

/** Whether a task comes after others. Such tasks are added in a transaction. */
export function hasDependencies({ input }: Pick<TaskAsk, "input">): boolean {
  return (input.dependsOn?.length ?? 0) > 0;
}

/**
 * Finds the dependencies of some tasks and decides for each task whether it has to wait. In a transaction the
 * dependencies found are locked. Runs no statement where there are no dependencies. `refused`: tasks of the same call
 * that are not added.
 */
export async function planDependencies(
  ctx: ServiceContext,
  asks: TaskAsk[],
  { refused, isLocking }: { refused: ReadonlySet<TaskAsk>; isLocking: boolean },
): Promise<DependencyPlan> {
  const plan: DependencyPlan = { targets: new Map(), faults: new Map() };
  const dependents = asks.filter(hasDependencies);
  if (dependents.length === 0) return plan;
  const wanted = lookupsOf(dependents);
  const known = byName(isLocking ? await lockDependencies(txOf(ctx), wanted) : await findDependencies(ctx.db, wanted));
  const earlier = new Map<string, TaskAsk[]>();
  for (const ask of asks) {
    if (hasDependencies(ask)) place(ask, { plan, known, earlier, refused });
    const { row, batch } = ask;
    if (batch === null || row.idempotencyKey === null) continue;
    const key = nameOf({ ...row, idempotencyKey: row.idempotencyKey });
    earlier.set(key, [...(earlier.get(key) ?? []), ask]);
  }
  return plan;
}

/** Returns the tasks that come after a task which somebody is changing now. */
export function findBusy(ctx: ServiceContext, asks: TaskAsk[]): Promise<Set<TaskAsk>> {
  return inTx(ctx, async (ctx) => {
    const wanted = lookupsOf(asks);
    const known = byName(await findDependencies(ctx.db, wanted));
    const free = byName(await lockFreeDependencies(ctx.db, wanted));
    const isBusy = (lookup: DependencyAsk) => known.has(nameOf(lookup)) && !free.has(nameOf(lookup));
    return new Set(asks.filter((ask) => lookupsOf([ask]).some(isBusy)));
  });
}

/** Returns the dependencies of some tasks, each once. */
function lookupsOf(asks: TaskAsk[]): DependencyAsk[] {
  const all = asks.flatMap((ask) => (ask.input.dependsOn ?? []).map((ref) => lookup(ask, ref)));
  return [...new Map(all.map((ask) => [nameOf(ask), ask])).values()];
}

function byName(rows: FoundDependency[]): Map<string, FoundDependency> {
  const known = new Map<string, FoundDependency>();
  for (const row of rows) {
    known.set(nameOf({ tenantId: row.tenantId, taskId: row.id }), row);
    const { idempotencyKey } = row;
    if (idempotencyKey !== null) known.set(nameOf({ ...row, idempotencyKey }), row);
  }
  return known;
}

function txOf(ctx: ServiceContext): TxContext["db"] {
  if (isTxContext(ctx)) return ctx.db;
  throw new Error("tasks that come after others are added in a transaction");
}

type Finding = {
  plan: DependencyPlan;
  known: Map<string, FoundDependency>;
  earlier: Map<string, TaskAsk[]>;
  refused: ReadonlySet<TaskAsk>;
};

function place(ask: TaskAsk, { plan, known, earlier, refused }: Finding): void {
  const targets: Target[] = [];
  // An existing task may stand for a refused one, unless it was found before that one was refused.
  const isLost = (beside: TaskAsk, stored: FoundDependency | null) =>
    stored ? beside.refusal !== null : refused.has(beside) || plan.faults.has(beside);
  for (const [index, ref] of (ask.input.dependsOn ?? []).entries()) {
    const path = `dependsOn[${index}]`;
    if ("idempotencyKey" in ref && ref.idempotencyKey === ask.row.idempotencyKey) {
      plan.faults.set(ask, new InvalidInputError(`${path}: a task cannot wait for itself`));
      return;
    }
    const name = nameOf(lookup(ask, ref));
    const stored = known.get(name) ?? null;
    const besides = (earlier.get(name) ?? []).filter(({ batch }) => batch === ask.batch);
    if (besides.length === 0 ? stored === null : besides.every((beside) => isLost(beside, stored))) {
      plan.faults.set(ask, missing(ref, path));
      return;
    }
    targets.push({ stored, besides });
  }
  plan.targets.set(ask, targets);
  const isWaiting = targets.some(({ stored }) => stored === null || !isSatisfied(policyOf(ask), stored.state));
  ask.row.hold = isWaiting ? "held" : null;
}

/** Stores the dependencies of the tasks that were added. `results`: what became of each task of the call. */
export async function storeDependencies(
  ctx: ServiceContext,
  { targets }: DependencyPlan,
  results: ReadonlyMap<TaskAsk, TaskResult>,
): Promise<void> {
  const added: NewDependency[] = [];
  const doubtful = new Set<string>();
  /** Dependencies that somebody else added since the stored tasks were looked up. */
  const overtaken: DependencyAsk[] = [];
  for (const [ask, found] of targets) {
    if (!results.get(ask)?.isAdded) continue;
    const { id: taskId, tenantId } = ask.row;
    for (const [place, { stored, besides }] of found.entries()) {
      const beside = besides.map((other) => results.get(other)).find((result) => typeof result?.id === "string");
      const dependsOnId = besides.length === 0 ? stored?.id : beside?.id;
      if (!dependsOnId) throw new UnaddedDependency(refusedOf(results));
      added.push({ taskId, dependsOnId, onFailed: policyOf(ask), place });
      const isOvertaken = stored === null && !beside?.isAdded;
      if (isOvertaken) overtaken.push({ tenantId, taskId: dependsOnId });
      const hasEnded = stored !== null && isTerminalTask(stored.state);
      if (ask.row.hold !== null && (isOvertaken || hasEnded)) doubtful.add(taskId);
    }
  }
  if (added.length === 0) return;
  if (overtaken.length > 0) await lockDependencies(txOf(ctx), overtaken);
  await insertDependencies(txOf(ctx), added, [...doubtful]);
}

/**
 * Returns the tasks of a call that are refused whatever else is left out: not those whose key an earlier task of the
 * call took.
 */
function refusedOf(results: ReadonlyMap<TaskAsk, TaskResult>): Map<TaskAsk, unknown> {
  const refused = new Map<TaskAsk, unknown>();
  for (const [ask, { outcome, isRepeated }] of results)
    if ("error" in outcome && !isRepeated) refused.set(ask, outcome.error);
  return refused;
}

/** Returns those dependencies of a task that it would have to wait for now. */
export async function readUnsatisfied(ctx: TxContext, taskId: string) {
  return (await readDependencies(ctx.db, taskId)).filter(({ state, onFailed }) => !isSatisfied(onFailed, state));
}

/**
 * Whether a task with the policy `onFailed` need not wait for a task in the given state. Same rule as `IS_SATISFIED` in
 * the queries.
 */
export function isSatisfied(onFailed: OnDependencyFailed, state: TaskState): boolean {
  return state === "completed" || (onFailed === "start" && hasFailed(state));
}

/** Same rule as `HAS_FAILED` in the queries. */
export function hasFailed(state: TaskState): boolean {
  return state === "failed" || state === "cancelled";
}

export function policyOf({ input }: Pick<TaskAsk, "input">): OnDependencyFailed {
  return input.onDependencyFailed ?? "hold";
}

function lookup({ row: { tenantId, projectId } }: TaskAsk, ref: DependencyRef): DependencyAsk {
  return "taskId" in ref ? { tenantId, taskId: ref.taskId } : { tenantId, projectId, ...ref };
}

function nameOf(ask: DependencyAsk): string {
  return "taskId" in ask
    ? JSON.stringify([ask.tenantId, ask.taskId])
    : JSON.stringify([ask.tenantId, ask.projectId, ask.idempotencyKey]);
}

function missing(ref: DependencyRef, path: string): Error {
  return "taskId" in ref
    ? new NotFoundError("queue task", `${ref.taskId} (${path})`)
    : new NotFoundError(
        "queue task of the key",
        `${ref.idempotencyKey} (${path}): add it before, or earlier in the list`,
      );
}
