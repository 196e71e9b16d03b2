import { sql } from "drizzle-orm";
import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import type { FoundDependency } from "@/db/queries/queue/dependencies";
import {
  type CheckedTask,
  checkTask,
  insertTasks,
  type NewTask,
  type NewTaskAudit,
  type TaskVerdict,
} from "@/db/queries/queue/insert-tasks";
import { encodeTextArray } from "@/db/queries/sql/binary-arrays";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { actorName } from "@/server/audit";
import { isConfigured, readStoredProfiles, unknownProfile } from "@/server/backends";
import { ownerOf, type ServiceContext, tenantOf } from "@/server/context";
import { ConflictError, IdempotencyConflictError, InvalidInputError, NotFoundError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { checkWorkspace } from "@/server/runs";
import { drainingError } from "./assert-takes-tasks";
import { contentOf, isSameContent, type TaskContent } from "./content";
import { type DependencyPlan, planDependencies, storeDependencies } from "./dependencies";
import { findFaultyImages, storeImageUses } from "./images";
import { toNewTask } from "./new-task";
import { toTask } from "./task";

/** One task that somebody wants to add, ready to be stored. */
export type TaskRequest = {
  caller: ServiceContext;
  input: CreateTaskInput;
  content: TaskContent;
  row: NewTask;
  /** The call that adds it together with others; null: it is added alone. */
  batch: string | null;
  /**
   * Why its workspace is invalid, and why it was refused in an earlier try of the same commit. Both count only where
   * the task does not exist yet.
   */
  workspaceFault: unknown;
  refusal: unknown;
};
/** What became of one task: a task, new or existing, or the error that refused it. */
export type TaskOutcome = { task: QueueTask } | { error: unknown };

/**
 * The same, for the tasks that come after this one. `id`: the task that answers it; null: none does. `isRepeated`: an
 * earlier task of the same call was added under its key, so that one must be used instead.
 */
export type TaskResult = { outcome: TaskOutcome; id: string | null; isAdded: boolean; isRepeated?: boolean };

/** Prepares a task. Throws what is wrong with an input whatever is stored. */
export async function prepareTask(
  caller: ServiceContext,
  input: CreateTaskInput,
  batch: string | null = null,
): Promise<TaskRequest> {
  const owner = ownerOf(caller, input);
  const content = contentOf(input);
  const row: NewTask = {
    id: newId("task"),
    tenantId: owner.tenantId,
    projectId: owner.projectId,
    queue: content.queue,
    lane: content.lane,
    title: content.title,
    priority: content.priority,
    backendProfile: content.backendProfile,
    providerId: content.providerId,
    sessionId: content.sessionId,
    contentHash: payloadHash(content),
    idempotencyKey: input.idempotencyKey ?? null,
    runAt: content.runAt,
    expiresAt: content.expiresAt ?? null,
    workspaceRef: json(content.workspaceRef),
    executionPolicy: json(content.executionPolicy),
    resourceBundleRef: json(content.resourceBundleRef),
    retryPolicy: json(content.retry ?? null),
    payload: JSON.stringify(content.payload),
    references: JSON.stringify(content.referencesJson),
    metadata: JSON.stringify(content.metadata),
    hold: null,
    dependencyResults: content.dependencyResults ?? null,
    auditId: "",
  };
  for (const name of ["onDependencyFailed", "dependencyResults"] as const)
    if (input[name] !== undefined && (input.dependsOn ?? []).length === 0)
      throw new InvalidInputError(`${name}: say with dependsOn which tasks it comes after, or leave it out`);
  const workspaceFault = input.workspaceRef ? await errorOf(checkWorkspace(caller, input.workspaceRef)) : null;
  return { caller, input, content, row, batch, workspaceFault, refusal: null };
}

/**
 * Adds tasks of any callers, each with its own outcome, in a few statements however many there are. Outside a
 * transaction the inserting statement is a transaction of its own; tasks that come after others or show images must be
 * added inside one. A key is judged before anything that may have changed since its first use.
 */
export async function addTasks(ctx: ServiceContext, requests: TaskRequest[]): Promise<TaskOutcome[]> {
  const { faults: inputFaults, plan } = await findFaults(ctx, requests, true);
  const valid = requests.filter((request) => !inputFaults.has(request));
  const audits = assignAudits(valid);
  const rows = valid.map(({ row }) => row);
  const evaluated = rows.length === 0 ? [] : await insertTasks(ctx.db, rows, audits);
  const verdicts = new Map(evaluated.map((verdict) => [verdict.id, verdict]));
  const isAdded = ({ row }: TaskRequest) => verdicts.get(row.id)?.added != null;
  if (requests.some(isAdded)) ctx.wake("queue");
  const existing = await findExisting(
    ctx,
    requests.filter((request) => request.row.idempotencyKey !== null && !isAdded(request)),
  );
  const added = new Set(requests.filter(isAdded).map(({ row }) => row.id));
  const results = new Map<TaskRequest, TaskResult>();
  for (const request of requests) {
    const verdict = verdicts.get(request.row.id);
    const fault = inputFaults.get(request) ?? (verdict && commitFaultOf(request, verdict)) ?? null;
    results.set(request, resultOf(request, { verdict, fault, existing: existing.get(keyOf(request.row)), added }));
  }
  await storeDependencies(ctx, plan, results);
  await storeImageUses(ctx, results);
  return requests.map((request) => results.get(request)?.outcome ?? { error: new Error("a task was not judged") });
}

type ResultFacts = {
  verdict: TaskVerdict | undefined;
  fault: unknown;
  existing: QueueTaskRow | undefined;
  added: ReadonlySet<string>;
};

/** Returns what became of one task, by what is known of its key once all tasks of its call are inserted. */
function resultOf(request: TaskRequest, { verdict, fault, existing, added }: ResultFacts): TaskResult {
  if (verdict?.added)
    return { outcome: { task: toNewTask(request, verdict.added) }, id: request.row.id, isAdded: true };
  const isOfCall = existing !== undefined && added.has(existing.id);
  // Where the task is refused, a later task of its call that took the key does not answer for it.
  if (!existing || (isOfCall && fault !== null)) {
    const error = fault ?? new Error("a task's insert met a conflict without a key");
    return { outcome: { error }, id: null, isAdded: false };
  }
  const outcome = replay(request, existing);
  return { outcome, id: "task" in outcome ? existing.id : null, isAdded: false, isRepeated: isOfCall };
}

/**
 * Judges what adding a task would do: returns the task that its key has already made, or the task as it would be.
 * Throws what would refuse it.
 */
export async function evaluateRequest(
  ctx: ServiceContext,
  request: TaskRequest,
): Promise<{ existing: QueueTask } | { judged: CheckedTask; comesAfter: FoundDependency[] }> {
  const existing = (await findExisting(ctx, request.row.idempotencyKey === null ? [] : [request])).get(
    keyOf(request.row),
  );
  if (existing) {
    const outcome = replay(request, existing);
    if ("error" in outcome) throw outcome.error;
    return { existing: outcome.task };
  }
  const { faults, plan } = await findFaults(ctx, [request], false);
  const inputFault = faults.get(request);
  if (inputFault !== undefined) throw inputFault;
  const evaluated = await checkTask(ctx.db, request.row);
  const fault = commitFaultOf(request, evaluated);
  if (fault !== null) throw fault;
  const targets = plan.targets.get(request) ?? [];
  return { judged: evaluated, comesAfter: targets.flatMap(({ stored }) => stored ?? []) };
}

/**
 * Assigns audit rows: one for each task, or one for all tasks of a batch that belong to one tenant. Every try makes new
 * ones, since a batch that is halved gets a row for each half.
 */
function assignAudits(requests: TaskRequest[]): NewTaskAudit[] {
  const audits = new Map<string, NewTaskAudit>();
  for (const { caller, row, batch } of requests) {
    const key = batch === null ? row.id : `${batch} ${row.tenantId}`;
    const action = batch === null ? "queue.createTask" : "queue.createTasks";
    const audit = audits.get(key) ?? { id: newId("audit"), actor: actorName(caller.actor), action };
    audits.set(key, audit);
    row.auditId = audit.id;
  }
  return [...audits.values()];
}

function replay({ content, row }: TaskRequest, existing: QueueTaskRow): TaskOutcome {
  if (isSameContent(existing, content, row.contentHash)) return { task: toTask(existing) };
  return { error: new IdempotencyConflictError(row.idempotencyKey ?? "") };
}

/** Returns what is wrong with each task if it is new, and what the tasks come after. */
async function findFaults(
  ctx: ServiceContext,
  requests: TaskRequest[],
  isLocking: boolean,
): Promise<{ faults: Map<TaskRequest, unknown>; plan: DependencyPlan }> {
  const faults = await findInputFaults(ctx, requests);
  const plan = await planDependencies(ctx, requests, { refused: new Set(faults.keys()), isLocking });
  // After the dependencies: whoever holds a task may wait for its images, and so not the other way round.
  const imageFaults = await findFaultyImages(ctx, requests, isLocking);
  for (const [request, fault] of [...plan.faults, ...imageFaults]) if (!faults.has(request)) faults.set(request, fault);
  return { faults, plan };
}

/** Returns what is wrong with each task if it is new, regardless of sessions and queues. */
async function findInputFaults(ctx: ServiceContext, requests: TaskRequest[]): Promise<Map<TaskRequest, unknown>> {
  const hasConfiguredProfile = ({ caller, row }: TaskRequest) => isConfigured(caller.settings, row.backendProfile);
  const unconfigured = requests.filter((request) => !hasConfiguredProfile(request));
  const stored = await readStoredProfiles(ctx, [...new Set(unconfigured.map(({ row }) => row.backendProfile))]);
  const faults = new Map<TaskRequest, unknown>();
  for (const request of unconfigured) {
    const { backendProfile } = request.row;
    if (!stored.has(backendProfile)) faults.set(request, unknownProfile(backendProfile));
  }
  for (const request of requests) {
    const fault = request.workspaceFault ?? request.refusal;
    if (fault !== null) faults.set(request, fault);
  }
  return faults;
}

/**
 * Returns an error for a draining queue or lane, or for an existing session that no run of the task could use; null:
 * neither.
 */
function commitFaultOf(
  { caller, row }: TaskRequest,
  { drainedLane, misfitTenant }: Pick<TaskVerdict, "drainedLane" | "misfitTenant">,
): Error | null {
  if (drainedLane !== null) return drainingError({ queue: row.queue, lane: drainedLane });
  if (misfitTenant === null || row.sessionId === null) return null;
  if (tenantOf(caller) !== null && misfitTenant !== row.tenantId) return new NotFoundError("session", row.sessionId);
  return new ConflictError(
    "session-boundary",
    `session ${row.sessionId} belongs to another tenant, project or backend profile`,
  );
}

/**
 * Returns the tasks that exist under the keys of some asks. A statement of its own, so that it sees what an insert had
 * to wait for.
 */
async function findExisting(ctx: ServiceContext, requests: TaskRequest[]): Promise<Map<string, QueueTaskRow>> {
  if (requests.length === 0) return new Map();
  const column = (key: "tenantId" | "projectId" | "idempotencyKey") =>
    encodeTextArray(requests.map(({ row }) => row[key]));
  const rows = await ctx.db
    .select()
    .from(queueTasks)
    .where(
      sql`(${queueTasks.tenantId}, ${queueTasks.projectId}, ${queueTasks.idempotencyKey}) in (
        select * from unnest(${column("tenantId")}::text[], ${column("projectId")}::text[], ${column("idempotencyKey")}::text[]))`,
    );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function keyOf({ tenantId, projectId, idempotencyKey }: Pick<NewTask, "tenantId" | "projectId" | "idempotencyKey">) {
  return JSON.stringify([tenantId, projectId, idempotencyKey]);
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Returns what a check throws; null: it passes. */
function errorOf(check: Promise<void>): Promise<unknown> {
  return check.then(
    () => null,
    (error: unknown) => error,
  );
}
