import type pg from "pg";

/** One tenant has most of the tasks, and some have a few, as in practice. */
export const TENANTS = 10;
export const LANES = 8;

/**
 * Adds waiting tasks of several tenants, queues, lanes and priorities, without the cost of creating each separately.
 */
export async function loadTasks(client: pg.Client, count: number, states: string[] = ["pending"]): Promise<void> {
  await client.query("set statement_timeout = 0");
  const { rows: indexes } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = 'agentrun_queue_tasks' and indexname like '%\\_idx'`,
  );
  for (const { indexname } of indexes) await client.query(`drop index ${indexname}`);
  await client.query("alter table agentrun_queue_tasks disable trigger user");
  await client.query(
    `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
       backend_profile, provider_id, payload, payload_hash, content_hash, idempotency_key, change_xid, created_at)
     select 'qt_' || lpad(n::text, 30, '0'), 'tenant_' || least(n % 40, ${TENANTS - 1}), 'project_' || n % 5, 'queue_' || n % 4,
       'lane_' || n % ${LANES}, 'Task ' || n, n % 10, $2[1 + n % ${states.length}], n,
       case when n % 3 = 0 then 'deepseek' else 'codex' end, 'default', '{"text":"mend the roof"}', repeat('a', 64),
       repeat('a', 64), 'key_' || n, '1', now() - interval '30 days' + n * interval '1 second'
     from generate_series(1, $1::int) n`.replaceAll("$2", `(array['${states.join("','")}'])`),
    [count],
  );
  await client.query("alter table agentrun_queue_tasks enable trigger user");
  await client.query("delete from agentrun_queue_counts");
  await client.query(
    `insert into agentrun_queue_counts (tenant_id, project_id, queue, lane, backend_profile, state, tasks)
     select tenant_id, project_id, queue, lane, backend_profile, state, count(*) from agentrun_queue_tasks
     group by tenant_id, project_id, queue, lane, backend_profile, state`,
  );
  await client.query("set maintenance_work_mem = '256MB'");
  for (const { indexdef } of indexes) await client.query(indexdef);
  await client.query("vacuum analyze agentrun_queue_tasks");
}
