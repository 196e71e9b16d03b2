ALTER TABLE "agentrun_webhooks" ADD COLUMN "project_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_webhooks" ADD COLUMN "queues" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
-- Those that are to be told of what happened. What belongs to no task is of no queue: `queue` is the task's own where the
-- caller has it at hand, and else read by `task`, once somebody asks for queues.
CREATE FUNCTION agentrun_webhooks_told(event text, tenant text, project text, queue text, task text) RETURNS text[]
LANGUAGE sql STABLE
RETURN (SELECT array_agg(webhook.id) FROM agentrun_webhooks webhook
	WHERE webhook.is_enabled AND (webhook.tenant_id IS NULL OR webhook.tenant_id = tenant) AND event = ANY (webhook.events)
		AND (webhook.project_ids = '{}' OR project = ANY (webhook.project_ids))
		AND (webhook.queues = '{}'
			OR coalesce(queue, (SELECT known.queue FROM agentrun_queue_tasks known WHERE known.id = task)) = ANY (webhook.queues)));
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'turn.' || NEW.state;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'commandId', NEW.id, 'runId', run.id, 'sessionId', run.session_id, 'taskId', run.task_id, 'tenantId', run.tenant_id,
		'projectId', run.project_id, 'backendProfile', run.backend_profile, 'status', NEW.state,
		'failureKind', NEW.failure_kind)
	FROM agentrun_runs run,
		agentrun_webhooks_told(happened, run.tenant_id, run.project_id, NULL, run.task_id) told
	WHERE run.id = NEW.run_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'run.' || NEW.status;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'runId', NEW.id, 'sessionId', NEW.session_id, 'taskId', NEW.task_id, 'tenantId', NEW.tenant_id,
		'projectId', NEW.project_id, 'backendProfile', NEW.backend_profile, 'status', NEW.status,
		'failureKind', NEW.failure_kind)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id, NEW.project_id, NULL, NEW.task_id) told WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'task.' || coalesce(TG_ARGV[0], NEW.state);
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'taskId', NEW.id, 'title', left(NEW.title, 200), 'tenantId', NEW.tenant_id, 'projectId', NEW.project_id,
		'queue', NEW.queue, 'lane', NEW.lane, 'state', NEW.state, 'attempts', NEW.attempt_count, 'runId', NEW.run_id,
		'sessionId', NEW.session_id, 'failureKind', NEW.failure_kind, 'deadLetter', NEW.dead_letter,
		'parkedUntil', NEW.parked_until)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id, NEW.project_id, NEW.queue, NULL) told WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'approval.' || CASE NEW.status WHEN 'pending' THEN 'requested' ELSE NEW.status END;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'approvalId', NEW.id, 'runId', NEW.run_id, 'sessionId', NEW.session_id, 'tenantId', NEW.tenant_id,
		'projectId', NEW.project_id, 'kind', NEW.kind, 'status', NEW.status, 'decision', NEW.decision,
		'decidedBy', NEW.decided_by)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id, NEW.project_id, NULL,
		(SELECT run.task_id FROM agentrun_runs run WHERE run.id = NEW.run_id)) told
	WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_firing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'schedule.' || NEW.outcome;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'scheduleId', schedule.id, 'title', schedule.name, 'tenantId', schedule.tenant_id,
		'projectId', schedule.project_id, 'dueAt', NEW.due_at, 'missed', NEW.missed, 'reason', left(NEW.message, 500))
	FROM agentrun_schedules schedule,
		agentrun_webhooks_told(happened, schedule.tenant_id, schedule.project_id,
			coalesce(schedule.task ->> 'queue', 'default'), NULL) told
	WHERE schedule.id = NEW.schedule_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	was_near boolean := TG_OP = 'UPDATE' AND OLD.near_at IS NOT NULL;
	was_reached boolean := TG_OP = 'UPDATE' AND OLD.reached_at IS NOT NULL;
	happened text;
BEGIN
	IF NEW.reached_at IS NOT NULL AND NOT was_reached THEN
		happened := 'budget.reached';
	ELSIF NEW.near_at IS NOT NULL AND NOT was_near AND NEW.reached_at IS NULL THEN
		happened := 'budget.near';
	ELSE
		RETURN NULL;
	END IF;
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'budgetId', budget.id, 'title', budget.name, 'tenantId', budget.tenant_id, 'projectId', budget.project_id,
		'backendProfile', budget.backend_profile, 'sessionId', NEW.session_id, 'period', budget.period,
		'unit', budget.unit, 'action', budget.action, 'endsAt', NEW.ends_at,
		'spent', trim_scale(NEW.spent::numeric / units.each),
		'limit', trim_scale(greatest(budget."limit", NEW.raised_to)::numeric / units.each))
	FROM agentrun_budgets budget
	CROSS JOIN LATERAL (SELECT CASE WHEN budget.unit = 'tokens' THEN 1 ELSE 1000000 END AS each) units
	CROSS JOIN LATERAL agentrun_webhooks_told(happened, budget.tenant_id,
		-- What a session may spend is of its project, whatever else its budget bounds.
		coalesce(budget.project_id,
			(SELECT session.project_id FROM agentrun_sessions session WHERE session.session_id = NEW.session_id)),
		NULL, NULL) told
	WHERE budget.id = NEW.budget_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION agentrun_webhooks_told(text, text);
