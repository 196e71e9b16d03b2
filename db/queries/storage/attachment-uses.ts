import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";

/** Images that a task or schedule of a project names. */
export type NamedImages = { tenantId: string; projectId: string; ids: string[] };
export type ProjectImage = { id: string; tenantId: string; projectId: string; sizeBytes: number };

const column = (values: string[]) => hiddenArray(textArray(values));

/** Finds images that were uploaded for tasks, of the projects that name them. */
export function findProjectImages(db: Db | Tx, named: NamedImages[]): Promise<ProjectImage[]> {
  return executeNamed<ProjectImage>(db, selectProjectImages(named));
}

/**
 * Finds and locks them until the transaction ends: their removal leaves them out, and another transaction that adds a
 * use of one of them waits. In the order of ids, so that no two transactions wait for each other.
 */
export function lockProjectImages(tx: Tx, named: NamedImages[]): Promise<ProjectImage[]> {
  return executeNamed<ProjectImage>(tx, sql`${selectProjectImages(named)} order by image.id for no key update`);
}

function selectProjectImages(named: NamedImages[]): SQL {
  const rows = named.flatMap(({ ids, ...owner }) => ids.map((id) => ({ ...owner, id })));
  const values = (key: "tenantId" | "projectId" | "id") => column(rows.map((row) => row[key]));
  return sql`
    select image.id, image.tenant_id as "tenantId", image.project_id as "projectId", image.size_bytes as "sizeBytes"
    from agentrun_attachments image where image.session_id is null
      and (image.id, image.tenant_id, image.project_id) in (
        select * from unnest(${values("id")}, ${values("tenantId")}, ${values("projectId")}))`;
}

/** Notes which tasks or schedules use which images. The images are locked. */
export async function insertUses(
  tx: Tx,
  by: "task" | "schedule",
  uses: { userId: string; attachmentId: string }[],
): Promise<void> {
  const ids = column(uses.map(({ attachmentId }) => attachmentId));
  await executeNamed(
    tx,
    sql`
    with used as (
      insert into agentrun_attachment_uses (attachment_id, ${sql.raw(`${by}_id`)})
      select * from unnest(${ids}, ${column(uses.map(({ userId }) => userId))})
      on conflict do nothing)
    update agentrun_attachments set expires_at = null
    where id in (select * from unnest(${ids})) and expires_at is not null`,
  );
}

/** An image that a turn shows. `taskId`: the task of which the turn is made; null: a person or program sent it. */
export type ShownUse = { attachmentId: string; sessionId: string; taskId: string | null };

/** Notes that sessions use images for tasks from here on, which end to wait, and no longer the tasks themselves. */
export async function handOverImages(tx: Tx, shown: ShownUse[]): Promise<void> {
  const taskIds = hiddenArray(sql`${sql.param(shown.map(({ taskId }) => taskId))}::text[]`);
  await executeNamed(
    tx,
    sql`
    with given as materialized (
      select * from unnest(${column(shown.map(({ attachmentId }) => attachmentId))},
        ${column(shown.map(({ sessionId }) => sessionId))}, ${taskIds}) as given (attachment_id, session_id, task_id)
    ), used as (
      insert into agentrun_attachment_uses (attachment_id, session_id) select attachment_id, session_id from given
      on conflict do nothing
    ), done as (
      delete from agentrun_attachment_uses use using given
      where use.task_id = given.task_id and use.attachment_id = given.attachment_id
    ), locked as materialized (
      select image.id from agentrun_attachments image
      where image.id in (select attachment_id from given) and (image.is_waiting or image.expires_at is not null)
      order by image.id for no key update
    )
    update agentrun_attachments set is_waiting = false, expires_at = null where id in (select id from locked)`,
  );
}

/** What a task's turn would show: an image that the task or its session uses. `isShown`: the session does already. */
export type TurnImage = { taskId: string; id: string; sizeBytes: number; isShown: boolean };

/** Finds which of the images that tasks name are kept for them. */
export function findTurnImages(
  db: Db | Tx,
  tasks: { taskId: string; sessionId: string | null; ids: string[] }[],
): Promise<TurnImage[]> {
  const rows = tasks.flatMap(({ ids, ...task }) => ids.map((id) => ({ ...task, id })));
  const sessionIds = hiddenArray(sql`${sql.param(rows.map(({ sessionId }) => sessionId))}::text[]`);
  return executeNamed<TurnImage>(
    db,
    sql`
    select named.task_id as "taskId", image.id, image.size_bytes as "sizeBytes", bool_or(use.session_id is not null) as "isShown"
    from unnest(${column(rows.map(({ taskId }) => taskId))}, ${sessionIds}, ${column(rows.map(({ id }) => id))})
      as named (task_id, session_id, id)
    join agentrun_attachments image on image.id = named.id
    join agentrun_attachment_uses use on use.attachment_id = image.id
      and (use.task_id = named.task_id or use.session_id = named.session_id)
    group by named.task_id, image.id`,
  );
}

export type ImageSum = { sessionId: string; count: number; bytes: number };

/** Sums the images of sessions: their own, and those of tasks that they show. */
export function sumSessionImages(db: Db | Tx, sessionIds: string[]): Promise<ImageSum[]> {
  return executeNamed<ImageSum>(
    db,
    sql`
    select named.session_id as "sessionId", count(image.size_bytes)::int as count,
      coalesce(sum(image.size_bytes), 0)::float8 as bytes
    from unnest(${column(sessionIds)}) as named (session_id) left join lateral (
      select size_bytes from agentrun_attachments own where own.session_id = named.session_id
      union all
      select shown.size_bytes from agentrun_attachment_uses use join agentrun_attachments shown on shown.id = use.attachment_id
      where use.session_id = named.session_id) image on true
    group by named.session_id`,
  );
}

/** Tasks that one statement looks at. */
const ENDED_MAX = 500;

/**
 * Ends the uses of tasks that ended so many days ago without a run, and of tasks that are gone. A task that somebody
 * retries just then keeps its images. Returns the images.
 */
export async function endUsesOfTasks(tx: Tx, days: number): Promise<string[]> {
  const rows = await executeNamed<{ id: string }>(
    tx,
    sql`
    with ended as materialized (
      select task.id from agentrun_queue_tasks task
      where task.id in (select task_id from agentrun_attachment_uses where task_id is not null)
        and task.state in ('completed', 'failed', 'cancelled')
        and task.updated_at < clock_timestamp() - ${days}::int * interval '1 day'
      order by task.id limit ${sql.raw(String(ENDED_MAX))} for share skip locked
    )
    delete from agentrun_attachment_uses use where use.task_id is not null and (
      use.task_id in (select id from ended)
      or not exists (select 1 from agentrun_queue_tasks task where task.id = use.task_id))
    returning use.attachment_id as id`,
  );
  return rows.map(({ id }) => id);
}

/** Ends all uses of a session or schedule. Returns the images. */
export async function endUses(tx: Tx, by: "session" | "schedule", userId: string): Promise<string[]> {
  const rows = await executeNamed<{ id: string }>(
    tx,
    sql`
    delete from agentrun_attachment_uses where ${sql.raw(`${by}_id`)} = ${userId} returning attachment_id as id`,
  );
  return rows.map(({ id }) => id);
}

/** Gives an end to images that nothing uses any more: so many hours from now, unless something names them before. */
export async function expireUnused(tx: Tx, ids: string[], hours: number): Promise<void> {
  if (ids.length === 0) return;
  // Whoever is adding a use holds the lock; the next statement begins after that and sees the use.
  await executeNamed(
    tx,
    sql`select id from agentrun_attachments where id in (select * from unnest(${column(ids)})) order by id for update`,
  );
  await executeNamed(
    tx,
    sql`
    update agentrun_attachments image set expires_at = clock_timestamp() + ${hours}::int * interval '1 hour'
    where image.id in (select * from unnest(${column(ids)}))
      and not exists (select 1 from agentrun_attachment_uses use where use.attachment_id = image.id)`,
  );
}
