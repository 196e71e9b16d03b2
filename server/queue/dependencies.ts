import type { DependencyRef, TaskState } from "@/contract/queue";
import type { OnDependencyFailed } from "@/contract/words";
import {
  type DependencyLookup,
  type FoundDependency,
  findDependencies,
  insertDependencies,
  lockDependencies,
  lockFreeDependencies,
  type NewDependency,
  readDependencies,
} from "@/db/queries/queue/dependencies";
import { inTx, isTxContext, type ServiceContext, type TxContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import type { TaskRequest, TaskResult } from "./add-tasks";
import { isTerminalTask } from "./task";

/**
 * One dependency of a task. `stored`: the existing task; null: it did not exist when it was looked up. `siblings`:
 * earlier tasks of the same call with that key; where there are any, one of them must turn out to be the dependency.
 */
type Target = { stored: FoundDependency | null; siblings: TaskRequest[] };
/** The dependencies of tasks that are about to be added, and what is wrong with them. */
export type DependencyPlan = { targets: Map<TaskRequest, Target[]>; faults: Map<TaskRequest, unknown> };

/** Some tasks that others of the call come after were refused. Everything is done again without the refused tasks. */
export class RefusedDependency extends Error {
  constructor(readonly refused: ReadonlyMap<TaskRequest, unknown>) {
    super("a task that another of the same call comes after was refused");
  }
}

/** Whether a task comes after others. Such tasks are added in a transaction. */
export function hasDependencies({ input }: Pick<TaskRequest, "input">): boolean {
  return (input.dependsOn?.length ?? 0) > 0;
}

/**
 * Finds the dependencies of some tasks and decides for each task whether it has to wait. In a transaction the
 * dependencies found are locked. Runs no statement where there are no dependencies. `refused`: tasks of the same call
 * that are not added.
 */
export async function planDependencies(
  ctx: ServiceContext,
  requests: TaskRequest[],
  { refused, isLocking }: { refused: ReadonlySet<TaskRequest>; isLocking: boolean },
): Promise<DependencyPlan> {
  const plan: DependencyPlan = { targets: new Map(), faults: new Map() };
  const dependents = requests.filter(hasDependencies);
  if (dependents.length === 0) return plan;
  const lookups = uniqueLookups(dependents);
  const existing = indexByName(
    isLocking ? await lockDependencies(txOf(ctx), lookups) : await findDependencies(ctx.db, lookups),
  );
  const earlier = new Map<string, TaskRequest[]>();
  for (const request of requests) {
    if (hasDependencies(request)) resolveTargets(request, { plan, existing, earlier, refused });
    const { row, batch } = request;
    if (batch === null || row.idempotencyKey === null) continue;
    const key = nameOf({ ...row, idempotencyKey: row.idempotencyKey });
    earlier.set(key, [...(earlier.get(key) ?? []), request]);
  }
  return plan;
}

/** Returns the tasks that come after a task which somebody is changing now. */
export function findBusy(ctx: ServiceContext, requests: TaskRequest[]): Promise<Set<TaskRequest>> {
  return inTx(ctx, async (ctx) => {
    const lookups = uniqueLookups(requests);
    const existing = indexByName(await findDependencies(ctx.db, lookups));
    const unlocked = indexByName(await lockFreeDependencies(ctx.db, lookups));
    const isBusy = (lookup: DependencyLookup) => existing.has(nameOf(lookup)) && !unlocked.has(nameOf(lookup));
    return new Set(requests.filter((request) => uniqueLookups([request]).some(isBusy)));
  });
}

/** Returns the dependencies of some tasks, each once. */
function uniqueLookups(requests: TaskRequest[]): DependencyLookup[] {
  const all = requests.flatMap((request) => (request.input.dependsOn ?? []).map((ref) => lookup(request, ref)));
  return [...new Map(all.map((request) => [nameOf(request), request])).values()];
}

function indexByName(rows: FoundDependency[]): Map<string, FoundDependency> {
  const existing = new Map<string, FoundDependency>();
  for (const row of rows) {
    existing.set(nameOf({ tenantId: row.tenantId, taskId: row.id }), row);
    const { idempotencyKey } = row;
    if (idempotencyKey !== null) existing.set(nameOf({ ...row, idempotencyKey }), row);
  }
  return existing;
}

function txOf(ctx: ServiceContext): TxContext["db"] {
  if (isTxContext(ctx)) return ctx.db;
  throw new Error("tasks that come after others are added in a transaction");
}

type ResolveContext = {
  plan: DependencyPlan;
  existing: Map<string, FoundDependency>;
  earlier: Map<string, TaskRequest[]>;
  refused: ReadonlySet<TaskRequest>;
};

function resolveTargets(request: TaskRequest, { plan, existing, earlier, refused }: ResolveContext): void {
  const targets: Target[] = [];
  // An existing task may stand for a refused one, unless it was found before that one was refused.
  const isUnavailable = (sibling: TaskRequest, stored: FoundDependency | null) =>
    stored ? sibling.refusal !== null : refused.has(sibling) || plan.faults.has(sibling);
  for (const [index, ref] of (request.input.dependsOn ?? []).entries()) {
    const path = `dependsOn[${index}]`;
    if ("idempotencyKey" in ref && ref.idempotencyKey === request.row.idempotencyKey) {
      plan.faults.set(request, new InvalidInputError(`${path}: a task cannot wait for itself`));
      return;
    }
    const name = nameOf(lookup(request, ref));
    const stored = existing.get(name) ?? null;
    const siblings = (earlier.get(name) ?? []).filter(({ batch }) => batch === request.batch);
    if (siblings.length === 0 ? stored === null : siblings.every((sibling) => isUnavailable(sibling, stored))) {
      plan.faults.set(request, missingError(ref, path));
      return;
    }
    targets.push({ stored, siblings });
  }
  plan.targets.set(request, targets);
  const isWaiting = targets.some(({ stored }) => stored === null || !isSatisfied(policyOf(request), stored.state));
  request.row.hold = isWaiting ? "held" : null;
}

/** Stores the dependencies of the tasks that were added. `results`: what became of each task of the call. */
export async function storeDependencies(
  ctx: ServiceContext,
  { targets }: DependencyPlan,
  results: ReadonlyMap<TaskRequest, TaskResult>,
): Promise<void> {
  const added: NewDependency[] = [];
  const recheckIds = new Set<string>();
  /** Dependencies that somebody else added since the stored tasks were looked up. */
  const addedMeanwhile: DependencyLookup[] = [];
  for (const [request, found] of targets) {
    if (!results.get(request)?.isAdded) continue;
    const { id: taskId, tenantId } = request.row;
    for (const [place, { stored, siblings }] of found.entries()) {
      const sibling = siblings.map((other) => results.get(other)).find((result) => typeof result?.id === "string");
      const dependsOnId = siblings.length === 0 ? stored?.id : sibling?.id;
      if (!dependsOnId) throw new RefusedDependency(refusedOf(results));
      added.push({ taskId, dependsOnId, onFailed: policyOf(request), place });
      const wasAddedMeanwhile = stored === null && !sibling?.isAdded;
      if (wasAddedMeanwhile) addedMeanwhile.push({ tenantId, taskId: dependsOnId });
      const hasEnded = stored !== null && isTerminalTask(stored.state);
      if (request.row.hold !== null && (wasAddedMeanwhile || hasEnded)) recheckIds.add(taskId);
    }
  }
  if (added.length === 0) return;
  if (addedMeanwhile.length > 0) await lockDependencies(txOf(ctx), addedMeanwhile);
  await insertDependencies(txOf(ctx), added, [...recheckIds]);
}

/**
 * Returns the tasks of a call that are refused whatever else is left out: not those whose key an earlier task of the
 * call took.
 */
function refusedOf(results: ReadonlyMap<TaskRequest, TaskResult>): Map<TaskRequest, unknown> {
  const refused = new Map<TaskRequest, unknown>();
  for (const [request, { outcome, isRepeated }] of results)
    if ("error" in outcome && !isRepeated) refused.set(request, outcome.error);
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

export function policyOf({ input }: Pick<TaskRequest, "input">): OnDependencyFailed {
  return input.onDependencyFailed ?? "hold";
}

function lookup({ row: { tenantId, projectId } }: TaskRequest, ref: DependencyRef): DependencyLookup {
  return "taskId" in ref ? { tenantId, taskId: ref.taskId } : { tenantId, projectId, ...ref };
}

function nameOf(request: DependencyLookup): string {
  return "taskId" in request
    ? JSON.stringify([request.tenantId, request.taskId])
    : JSON.stringify([request.tenantId, request.projectId, request.idempotencyKey]);
}

function missingError(ref: DependencyRef, path: string): Error {
  return "taskId" in ref
    ? new NotFoundError("queue task", `${ref.taskId} (${path})`)
    : new NotFoundError(
        "queue task of the key",
        `${ref.idempotencyKey} (${path}): add it before, or earlier in the list`,
      );
}
