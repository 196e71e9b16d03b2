import type pg from "pg";
import type { TaskState } from "@/contract/queue";
import type { ControlState } from "@/contract/queue-control";
import type { OnDependencyFailed } from "@/contract/words";

/** What the database itself recorded of the changes, in their order. */
export type Entry = TaskEntry | ControlEntry | DependencyEntry;
export type TaskEntry = {
  seq: number;
  kind: "task";
  id: string;
  tenant: string;
  queue: string;
  lane: string;
  key: string | null;
  session: string | null;
  before: TaskState | null;
  after: TaskState;
  attempts: number;
  /** When it was last started, in milliseconds; null: never. */
  startedAtMs: number | null;
};
export type ControlEntry = {
  seq: number;
  kind: "control";
  tenant: string;
  queue: string;
  lane: string;
  maxRunning: number | null;
  keyMaxRunning: number | null;
  startsMax: number | null;
  startsWindowSeconds: number | null;
  state: ControlState;
};
/** A dependency was added or removed. */
export type DependencyEntry = {
  seq: number;
  kind: "dependency";
  id: string;
  dependsOn: string;
  onFailed: OnDependencyFailed;
  isGone: boolean;
};
export type Finding = { seq: number; rule: string; what: string };

/**
 * Makes the database record every change of a task's state, a control or a dependency, in the transaction of the
 * change. So no writer can leave one out.
 */
export async function recordHistory(client: pg.Client): Promise<void> {
  await client.query(`
    create table history_clock as select 0 as passed_seconds;
    create table history (seq bigint generated always as identity primary key, entry jsonb not null);
    create function record_task() returns trigger language plpgsql as $$ begin
      insert into history (entry) values (jsonb_build_object('kind', 'task', 'id', new.id, 'tenant', new.tenant_id,
        'queue', new.queue, 'lane', new.lane, 'key', new.concurrency_key, 'session', new.session_id,
        'before', case when tg_op = 'UPDATE' then old.state end, 'after', new.state, 'attempts', new.attempt_count,
        'startedAtMs', (select extract(epoch from max(dispatched_at)) * 1000 from agentrun_queue_attempts
          where task_id = new.id) + (select passed_seconds * 1000 from history_clock)));
      return null;
    end $$;
    create trigger history_added after insert on agentrun_queue_tasks for each row execute function record_task();
    create trigger history_changed after update on agentrun_queue_tasks for each row
      when (old.state is distinct from new.state or old.lane is distinct from new.lane) execute function record_task();
    create function record_control() returns trigger language plpgsql as $$ begin
      insert into history (entry) values (jsonb_build_object('kind', 'control', 'tenant', new.tenant_id,
        'queue', new.queue, 'lane', new.lane, 'maxRunning', new.max_running, 'keyMaxRunning', new.key_max_running,
        'startsMax', new.starts_max, 'startsWindowSeconds', new.starts_window_seconds, 'state', new.state));
      return null;
    end $$;
    create trigger history_control after insert or update on agentrun_queue_controls
      for each row execute function record_control();
    create function record_dependency() returns trigger language plpgsql as $$
    declare changed agentrun_queue_dependencies := coalesce(new, old);
    begin
      insert into history (entry) values (jsonb_build_object('kind', 'dependency', 'id', changed.task_id,
        'dependsOn', changed.depends_on_id, 'onFailed', changed.on_failed, 'isGone', tg_op = 'DELETE'));
      return null;
    end $$;
    create trigger history_dependency after insert or delete on agentrun_queue_dependencies
      for each row execute function record_dependency();`);
}

/** Lets so many seconds pass for everything that has started: dates rows back, after which the history goes on. */
export async function passTime(client: pg.Client, seconds: number): Promise<void> {
  const back = `- ${seconds} * interval '1 second'`;
  await client.query(`begin;
    update agentrun_queue_attempts set dispatched_at = dispatched_at ${back};
    update agentrun_queue_lanes_served set served_at = served_at ${back};
    update history_clock set passed_seconds = passed_seconds + ${seconds};
    commit`);
}

export async function readHistory(client: pg.Client): Promise<Entry[]> {
  const { rows } = await client.query<{ seq: string; entry: Entry }>("select seq, entry from history order by seq");
  return rows.map(({ seq, entry }) => ({ ...entry, seq: Number(seq) }));
}
