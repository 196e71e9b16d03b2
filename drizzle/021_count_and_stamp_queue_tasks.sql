-- First, since it locks the table alone: an update before it could meet a writer of the release before.
DROP TRIGGER agentrun_queue_tasks_stamp ON agentrun_queue_tasks;
--> statement-breakpoint
-- What an earlier release left waiting was never dispatched by itself, and may be years old: its queues wait for an
-- operator, who resumes them.
INSERT INTO agentrun_queue_controls (tenant_id, queue, lane, state, reason, updated_by)
SELECT DISTINCT '*', queue, '', 'paused', 'it held tasks of a release that dispatched none: resume it to run them', 'system:migration'
FROM agentrun_queue_tasks WHERE state = 'pending';
--> statement-breakpoint
UPDATE agentrun_queue_tasks SET not_before = run_at WHERE state = 'pending' AND run_at > now();
--> statement-breakpoint
UPDATE agentrun_queue_tasks SET ready_at = greatest(created_at, coalesce(not_before, created_at)) WHERE state = 'pending';
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_stamp BEFORE INSERT OR UPDATE OF
	queue, lane, title, priority, state, payload, metadata, latest_attempt, session_path, session_id, run_at,
	cancelled_at, cancel_reason, expires_at, retry_policy, run_id, attempt_count, failure_kind, failure_message,
	dead_letter, not_before, parked_at, parked_until, cancel_requested_at
ON agentrun_queue_tasks FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_queue_version_seq');
--> statement-breakpoint
INSERT INTO agentrun_queue_counts (tenant_id, project_id, queue, lane, backend_profile, state, tasks)
SELECT tenant_id, project_id, queue, lane, backend_profile, state, count(*) FROM agentrun_queue_tasks
GROUP BY tenant_id, project_id, queue, lane, backend_profile, state;
--> statement-breakpoint
-- What a statement changes of the counts is written beside it, once for each kind of task and not for each task. By
-- triggers, so that no writer can forget it.
CREATE FUNCTION agentrun_count_added_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_queue_count_changes (tenant_id, project_id, queue, lane, backend_profile, state, entered, gone)
	SELECT tenant_id, project_id, queue, lane, backend_profile, state, count(*), 0 FROM added
	GROUP BY tenant_id, project_id, queue, lane, backend_profile, state;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION agentrun_count_removed_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_queue_count_changes (tenant_id, project_id, queue, lane, backend_profile, state, entered, gone)
	SELECT tenant_id, project_id, queue, lane, backend_profile, state, 0, count(*) FROM removed
	GROUP BY tenant_id, project_id, queue, lane, backend_profile, state;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION agentrun_count_changed_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_queue_count_changes (tenant_id, project_id, queue, lane, backend_profile, state, entered, gone)
	SELECT kind.tenant_id, kind.project_id, kind.queue, kind.lane, kind.backend_profile, kind.state, sum(kind.entered), sum(kind.gone)
	FROM after JOIN before USING (id) CROSS JOIN LATERAL (VALUES
		(after.tenant_id, after.project_id, after.queue, after.lane, after.backend_profile, after.state, 1, 0),
		(before.tenant_id, before.project_id, before.queue, before.lane, before.backend_profile, before.state, 0, 1)
	) AS kind (tenant_id, project_id, queue, lane, backend_profile, state, entered, gone)
	WHERE (after.state, after.lane, after.queue, after.backend_profile, after.project_id, after.tenant_id)
		IS DISTINCT FROM (before.state, before.lane, before.queue, before.backend_profile, before.project_id, before.tenant_id)
	GROUP BY kind.tenant_id, kind.project_id, kind.queue, kind.lane, kind.backend_profile, kind.state;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_count_added AFTER INSERT ON agentrun_queue_tasks
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION agentrun_count_added_tasks();
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_count_removed AFTER DELETE ON agentrun_queue_tasks
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION agentrun_count_removed_tasks();
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_count_changed AFTER UPDATE ON agentrun_queue_tasks
REFERENCING NEW TABLE AS after OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION agentrun_count_changed_tasks();
