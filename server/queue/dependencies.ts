import type { DependencyRef } from "@/contract/queue";
import {
  type DependencyAsk,
  type FoundDependency,
  findDependencies,
  insertDependencies,
  lockDependencies,
  type NewDependency,
} from "@/db/queries/queue-dependencies";
import { isTxContext, type ServiceContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import type { TaskAsk } from "./add-tasks";
import { isTerminalTask } from "./task";

/** A task that another comes after: one that is stored, or that is added with it. */
type Target = { stored: FoundDependency } | { ask: TaskAsk; path: string };
/** What some tasks come after that are about to be added, and what is wrong with it. */
export type DependencyPlan = { targets: Map<TaskAsk, Target[]>; faults: Map<TaskAsk, unknown> };

/** One that another was to come after was refused as it was added: all is done again, without the other. */
export class UnaddedDependency extends Error {
  constructor(
    readonly ask: TaskAsk,
    readonly fault: Error,
  ) {
    super(fault.message);
  }
}

/** Whether a task comes after others: such are added in a transaction. */
export function hasDependencies({ input }: Pick<TaskAsk, "input">): boolean {
  return (input.dependsOn?.length ?? 0) > 0;
}

/**
 * Finds what some tasks come after, and says of each whether it has to wait for that. In a transaction what is found is
 * held as it is. No statement where none comes after anything. `refused`: those of the same call that are not added.
 */
export async function planDependencies(
  ctx: ServiceContext,
  asks: TaskAsk[],
  { refused, isLocking }: { refused: ReadonlySet<TaskAsk>; isLocking: boolean },
): Promise<DependencyPlan> {
  const plan: DependencyPlan = { targets: new Map(), faults: new Map() };
  const dependents = asks.filter(hasDependencies);
  if (dependents.length === 0) return plan;
  const wanted = dependents.flatMap((ask) => (ask.input.dependsOn ?? []).map((ref) => lookup(ask, ref)));
  const known = await read(ctx, wanted, isLocking);
  const earlier = new Map<string, TaskAsk>();
  for (const ask of asks) {
    if (hasDependencies(ask)) place(ask, { plan, known, earlier });
    const { row, batch } = ask;
    if (batch === null || row.idempotencyKey === null || refused.has(ask) || plan.faults.has(ask)) continue;
    const key = nameOf({ ...row, idempotencyKey: row.idempotencyKey });
    if (!earlier.has(key)) earlier.set(key, ask);
  }
  return plan;
}

async function read(ctx: ServiceContext, wanted: DependencyAsk[], isLocking: boolean) {
  if (isLocking && !isTxContext(ctx)) throw new Error("what tasks come after is held in a transaction");
  const unique = [...new Map(wanted.map((ask) => [JSON.stringify(ask), ask])).values()];
  const rows =
    isLocking && isTxContext(ctx) ? await lockDependencies(ctx.db, unique) : await findDependencies(ctx.db, unique);
  const known = new Map<string, FoundDependency>();
  for (const row of rows) {
    known.set(nameOf({ tenantId: row.tenantId, taskId: row.id }), row);
    const { idempotencyKey } = row;
    if (idempotencyKey !== null) known.set(nameOf({ ...row, idempotencyKey }), row);
  }
  return known;
}

type Finding = { plan: DependencyPlan; known: Map<string, FoundDependency>; earlier: Map<string, TaskAsk> };

function place(ask: TaskAsk, { plan, known, earlier }: Finding): void {
  const targets: Target[] = [];
  for (const [index, ref] of (ask.input.dependsOn ?? []).entries()) {
    const path = `dependsOn[${index}]`;
    if ("idempotencyKey" in ref && ref.idempotencyKey === ask.row.idempotencyKey) {
      plan.faults.set(ask, new InvalidInputError(`${path}: a task cannot wait for itself`));
      return;
    }
    const name = nameOf(lookup(ask, ref));
    const stored = known.get(name);
    const beside = earlier.get(name);
    if (stored) targets.push({ stored });
    else if (beside && beside.batch === ask.batch) targets.push({ ask: beside, path });
    else {
      plan.faults.set(ask, missing(ref, path));
      return;
    }
  }
  plan.targets.set(ask, targets);
  const isWaiting = targets.some((target) => "ask" in target || !isSatisfied(ask, target.stored));
  ask.row.hold = isWaiting ? "held" : null;
}

/** Stores what those that were added come after. `idOf`: of a task of the same call, by what was said of its insert. */
export async function storeDependencies(
  ctx: ServiceContext,
  { targets }: DependencyPlan,
  { isAdded, idOf }: { isAdded: (ask: TaskAsk) => boolean; idOf: (ask: TaskAsk) => string | null },
): Promise<void> {
  const added: NewDependency[] = [];
  const doubtful = new Set<string>();
  /** Added by somebody else since what is stored was looked at. */
  const overtaken: DependencyAsk[] = [];
  for (const [ask, found] of targets) {
    if (!isAdded(ask)) continue;
    const { id: taskId, tenantId } = ask.row;
    for (const target of found) {
      const dependsOnId = "stored" in target ? target.stored.id : idOf(target.ask);
      if (dependsOnId === null) throw new UnaddedDependency(ask, refusedWith(target));
      added.push({ taskId, dependsOnId, onFailed: policyOf(ask) });
      const isOvertaken = "ask" in target && !isAdded(target.ask);
      if (isOvertaken) overtaken.push({ tenantId, taskId: dependsOnId });
      const hasEnded = "stored" in target && isTerminalTask(target.stored.state);
      if (ask.row.hold !== null && (isOvertaken || hasEnded)) doubtful.add(taskId);
    }
  }
  if (added.length === 0) return;
  if (!isTxContext(ctx)) throw new Error("tasks that come after others are added in a transaction");
  if (overtaken.length > 0) await lockDependencies(ctx.db, overtaken);
  await insertDependencies(ctx.db, added, [...doubtful]);
}

/** Whether a task need not wait for another as that is now. */
export function isSatisfied(ask: Pick<TaskAsk, "input">, { state }: Pick<FoundDependency, "state">): boolean {
  return state === "completed" || (policyOf(ask) === "start" && isTerminalTask(state));
}

export function policyOf({ input }: Pick<TaskAsk, "input">): NewDependency["onFailed"] {
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

function refusedWith(target: Target): Error {
  if ("stored" in target) throw new Error("a task that is stored was refused");
  return missing({ idempotencyKey: target.ask.row.idempotencyKey ?? "" }, target.path);
}
