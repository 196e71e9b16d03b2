import type { Db, Tx } from "@/db/client";
import { getClient } from "@/db/client";
import { hiddenArrays } from "@/db/queries/sql/arrays";
import { encodeTextArray, int4Array, jsonbArray } from "@/db/queries/sql/binary-arrays";
import { CONCURRENCY_KEY } from "@/db/schema";
import { UNTIL_DEPENDENCIES } from "./held-until";

/** A new task as it is stored. JSON is already text; instants are ISO 8601. */
export type NewTask = {
  id: string;
  tenantId: string;
  projectId: string;
  queue: string;
  lane: string;
  title: string;
  priority: number;
  backendProfile: string;
  providerId: string;
  sessionId: string | null;
  workspaceRef: string | null;
  executionPolicy: string | null;
  resourceBundleRef: string | null;
  payload: string;
  contentHash: string;
  references: string;
  metadata: string;
  idempotencyKey: string | null;
  runAt: string | null;
  expiresAt: string | null;
  retryPolicy: string | null;
  /** "held": the task waits for others to be completed; null, as nearly always: it waits for none. */
  hold: "held" | null;
  /** "append": its agent receives their results; null, as nearly always: it does not. */
  dependencyResults: "append" | null;
  /** The audit row that records it: its own, or its batch's. */
  auditId: string;
};
/** Who adds tasks, and by which verb. A batch's row names all tasks that were added. */
export type NewTaskAudit = { id: string; actor: string; action: "queue.createTask" | "queue.createTasks" };
/** The database's verdict on one task. `added` null: its key exists already, or something refuses it. */
export type TaskVerdict = {
  id: string;
  added: AddedTask | null;
  /** The lane that is being drained; empty for the whole queue. */
  drainedLane: string | null;
  /** The tenant of the session that the task names, where the session exists and no run of the task could use it. */
  misfitTenant: string | null;
};
export type AddedTask = {
  version: number;
  concurrencyKey: string | null;
  createdAt: Date;
  /** When the task is due, if later than now, or the instant by which it is held for others. */
  notBefore: Date | null;
};

/** The types of a task's columns, in the order of `toColumns`. */
const TYPES = [
  ...["text", "text", "text", "text", "text", "text", "int", "text", "text", "text"],
  ...[
    "jsonb",
    "jsonb",
    "jsonb",
    "jsonb",
    "text",
    "jsonb",
    "jsonb",
    "text",
    "text",
    "text",
    "jsonb",
    "text",
    "text",
    "text",
  ],
];

/**
 * Finds what is wrong with tasks apart from their keys, and when each is due. Used both to add tasks and to ask about
 * one.
 */
const VERDICTS_SQL = `
  with given as not materialized (
    select * from unnest(${hiddenArrays(1, TYPES)})
      with ordinality as task (id, tenant_id, project_id, queue, lane, title, priority, backend_profile, provider_id,
        session_id, workspace_ref, execution_policy, resource_bundle_ref, payload, content_hash, refs, metadata,
        idempotency_key, run_at, expires_at, retry_policy, audit_id, hold, dependency_results, place)
  ), draining as materialized (
    select tenant_id, queue, lane from agentrun_queue_controls where state = 'draining'
  ), judged as materialized (
    select given.*,
      (select draining.lane from draining
        where draining.queue = given.queue and draining.tenant_id in (given.tenant_id, '*')
          and draining.lane in ('', given.lane) limit 1) as drained_lane,
      case when (session.tenant_id, session.project_id, session.backend_profile)
        <> (given.tenant_id, given.project_id, given.backend_profile) then session.tenant_id end as misfit_tenant,
      case when hold is not null then timestamptz '${UNTIL_DEPENDENCIES.toISOString()}'
        when run_at::timestamptz > clock_timestamp() then run_at::timestamptz end as not_before
    from given left join agentrun_sessions session on session.session_id = given.session_id
  )`;

/**
 * Judges and adds tasks together with their audit rows in one statement: a commit costs one round trip, and separate
 * audit rows for a thousand tasks would cost a third as much as the tasks. A task whose key exists already, in the
 * table or earlier in the list, is left out. Rows are inserted in the order of keys, so that two such statements cannot
 * wait for each other. The rows are stamped here instead of by the trigger, which would cost more than an index.
 */
const INSERT_SQL = `${VERDICTS_SQL}, added as (
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version, change_xid,
      backend_profile, provider_id, session_id, workspace_ref, execution_policy, resource_bundle_ref, payload,
      payload_hash, content_hash, references_json, metadata, idempotency_key, run_at, not_before, expires_at, retry_policy,
      dependency_results)
    select id, tenant_id, project_id, queue, lane, title, priority, 'pending',
      nextval('agentrun_queue_version_seq'), pg_current_xact_id(),
      backend_profile, provider_id, session_id, workspace_ref, execution_policy, resource_bundle_ref, payload,
      content_hash, content_hash, refs, metadata, idempotency_key, run_at::timestamptz, not_before,
      expires_at::timestamptz, retry_policy, dependency_results
    from judged where drained_lane is null and misfit_tenant is null
    order by place
    on conflict (tenant_id, project_id, idempotency_key) where idempotency_key is not null do nothing
    returning id, version, concurrency_key, created_at, not_before
  ), audited as (
    insert into agentrun_audit (id, actor, action, tenant_id, target_kind, target_id, details)
    select told.id, told.actor, told.action, made.tenant_id, 'task', made.first_id,
      case told.action when 'queue.createTasks' then jsonb_build_object('tasks', made.tasks, 'taskIds', made.ids) else '{}' end
    from unnest(${hiddenArrays(1 + TYPES.length, ["text", "text", "text"])}) as told (id, actor, action) join (
      select judged.audit_id, min(judged.tenant_id) as tenant_id, min(added.id) as first_id, count(*) as tasks,
        jsonb_agg(added.id order by added.id) as ids
      from added join judged using (id) group by judged.audit_id) made on made.audit_id = told.id
  )
  select judged.id, judged.drained_lane, judged.misfit_tenant,
    added.version, added.concurrency_key, added.created_at, added.not_before
  from judged left join added using (id)`;

const VERDICT_SQL = `${VERDICTS_SQL}
  select id, drained_lane, misfit_tenant, null as version,
    ${CONCURRENCY_KEY} as concurrency_key, not_before, clock_timestamp()::text as created_at
  from judged`;

type Row = {
  id: string;
  drained_lane: string | null;
  misfit_tenant: string | null;
  version: string | null;
  concurrency_key: string | null;
  created_at: Date;
  not_before: Date | null;
};

/** Adds tasks, inside a transaction or as a transaction of its own. Returns verdicts in no particular order. */
export async function insertTasks(db: Db | Tx, tasks: NewTask[], audits: NewTaskAudit[]): Promise<TaskVerdict[]> {
  const auditColumn = (key: keyof NewTaskAudit) => encodeTextArray(audits.map((audit) => audit[key]));
  const { rows } = await getClient(db).query<Row>({
    name: "agentrun-insert-tasks",
    text: INSERT_SQL,
    values: [...toColumns(tasks), auditColumn("id"), auditColumn("actor"), auditColumn("action")],
  });
  return rows.map(toVerdict);
}

/** A task as it would be if it were added now; `createdAt` is the current time in PostgreSQL's own text form. */
export type CheckedTask = Omit<TaskVerdict, "id" | "added"> &
  Pick<AddedTask, "concurrencyKey" | "notBefore"> & { createdAt: string };

/** Judges a task by the rules for new tasks, and writes nothing. */
export async function checkTask(db: Db | Tx, task: NewTask): Promise<CheckedTask> {
  const { rows } = await getClient(db).query<Omit<Row, "created_at"> & { created_at: string }>({
    name: "agentrun-judge-tasks",
    text: VERDICT_SQL,
    values: toColumns([task]),
  });
  const [row] = rows;
  if (!row) throw new Error("a task was not judged");
  return {
    drainedLane: row.drained_lane,
    misfitTenant: row.misfit_tenant,
    concurrencyKey: row.concurrency_key,
    notBefore: row.not_before,
    createdAt: row.created_at,
  };
}

function toColumns(tasks: NewTask[]): Buffer[] {
  const sorted = inOrderOfKeys(tasks);
  const texts = (key: TextKey) => toArray(sorted, key, encodeTextArray);
  const jsons = (key: TextKey) => toArray(sorted, key, jsonbArray);
  return [
    texts("id"),
    texts("tenantId"),
    texts("projectId"),
    texts("queue"),
    texts("lane"),
    texts("title"),
    int4Array(sorted.map(({ priority }) => priority)),
    texts("backendProfile"),
    texts("providerId"),
    texts("sessionId"),
    jsons("workspaceRef"),
    jsons("executionPolicy"),
    jsons("resourceBundleRef"),
    jsons("payload"),
    texts("contentHash"),
    jsons("references"),
    jsons("metadata"),
    texts("idempotencyKey"),
    texts("runAt"),
    texts("expiresAt"),
    jsons("retryPolicy"),
    texts("auditId"),
    texts("hold"),
    texts("dependencyResults"),
  ];
}

function toVerdict(row: Row): TaskVerdict {
  const added = row.version === null ? null : toAddedTask(row, row.version);
  return { id: row.id, added, drainedLane: row.drained_lane, misfitTenant: row.misfit_tenant };
}

function toAddedTask(row: Row, version: string): AddedTask {
  return {
    version: Number(version),
    concurrencyKey: row.concurrency_key,
    createdAt: row.created_at,
    notBefore: row.not_before,
  };
}

type TextKey = Exclude<keyof NewTask, "priority">;

/**
 * Encodes a column's values. An array that is too short is filled with nulls, so a column without any values may be
 * empty.
 */
function toArray(tasks: NewTask[], key: TextKey, array: (values: (string | null)[]) => Buffer): Buffer {
  const values = tasks.map((task) => task[key]);
  return array(values.every((value) => value === null) ? [] : values);
}

/** Sorts tasks by key, keeping the first task of a key before the others with it. */
function inOrderOfKeys(tasks: NewTask[]): NewTask[] {
  if (tasks.every(({ idempotencyKey }) => idempotencyKey === null)) return tasks;
  const keyed = tasks.map((task) => {
    return { task, key: `${task.idempotencyKey ?? ""}\n${task.tenantId}\n${task.projectId}` };
  });
  keyed.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return keyed.map(({ task }) => task);
}
