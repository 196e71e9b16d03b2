-- agentrun: outside a transaction
-- Sessions, volumes, runners, backends and tasks that wait for a person are told of as well. What nobody asks for is found
-- out before an insert is begun: that would cost several times as much.
CREATE TABLE IF NOT EXISTS "agentrun_queue_held_tasks" (
	"task_id" text PRIMARY KEY NOT NULL,
	"ready_at" timestamp with time zone NOT NULL,
	"failed_id" text NOT NULL,
	"failed_ready_at" timestamp with time zone NOT NULL,
	CONSTRAINT "agentrun_queue_held_tasks_task_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action
);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT 'task.held', told, jsonb_build_object(
		'taskId', task.id, 'title', left(task.title, 200), 'tenantId', task.tenant_id, 'projectId', task.project_id,
		'queue', task.queue, 'lane', task.lane, 'state', task.state, 'attempts', task.attempt_count, 'runId', task.run_id,
		'sessionId', task.session_id, 'failedTaskId', NEW.failed_id)
	FROM agentrun_queue_tasks task,
		agentrun_webhooks_told('task.held', task.tenant_id, task.project_id, task.queue, NULL) told
	WHERE task.id = NEW.task_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_queue_held_tasks_tell AFTER INSERT OR UPDATE ON agentrun_queue_held_tasks FOR EACH ROW
EXECUTE FUNCTION agentrun_tell_held();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_new_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM agentrun_webhooks WHERE is_enabled AND 'session.created' = ANY (events)) THEN
		INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
		SELECT 'session.created', told, jsonb_build_object(
			'sessionId', made.session_id, 'title', left(made.title, 200), 'tenantId', made.tenant_id,
			'projectId', made.project_id, 'backendProfile', made.backend_profile, 'conversationId', made.conversation_id)
		FROM made, agentrun_webhooks_told('session.created', made.tenant_id, made.project_id, NULL, NULL) told
		WHERE told IS NOT NULL;
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Once a statement: the dispatcher makes sessions by the hundred.
CREATE OR REPLACE TRIGGER agentrun_sessions_tell_new AFTER INSERT ON agentrun_sessions REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION agentrun_tell_new_sessions();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_session() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'session.' || TG_ARGV[0];
	told text[] := agentrun_webhooks_told(happened, NEW.tenant_id, NEW.project_id, NULL, NULL);
BEGIN
	IF told IS NOT NULL THEN
		INSERT INTO agentrun_webhook_events (event, webhook_ids, data) VALUES (happened, told, jsonb_build_object(
			'sessionId', NEW.session_id, 'title', left(NEW.title, 200), 'tenantId', NEW.tenant_id,
			'projectId', NEW.project_id, 'backendProfile', NEW.backend_profile, 'conversationId', NEW.conversation_id));
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_sessions_tell_deleted AFTER UPDATE OF deleted_at ON agentrun_sessions FOR EACH ROW
WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION agentrun_tell_session('deleted');
--> statement-breakpoint
-- One that was deleted loses its title when it is purged: that is no other name.
CREATE OR REPLACE TRIGGER agentrun_sessions_tell_renamed AFTER UPDATE OF title ON agentrun_sessions FOR EACH ROW
WHEN (OLD.title IS DISTINCT FROM NEW.title AND NEW.deleted_at IS NULL) EXECUTE FUNCTION agentrun_tell_session('renamed');
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_volume() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'volume.' || TG_ARGV[0];
	told text[] := agentrun_webhooks_told(happened, NEW.tenant_id, NEW.project_id, NULL, NULL);
BEGIN
	IF told IS NOT NULL THEN
		INSERT INTO agentrun_webhook_events (event, webhook_ids, data) VALUES (happened, told, jsonb_build_object(
			'sessionId', NEW.session_id, 'title', left(NEW.title, 200), 'tenantId', NEW.tenant_id,
			'projectId', NEW.project_id, 'volume', NEW.storage_pvc_name, 'sizeBytes', NEW.storage_size_bytes,
			'state', NEW.storage_state, 'isRestorable', NEW.archive_manifest_id IS NOT NULL));
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- One that was made after its session's eviction is taken away once more, which is no other eviction: it was told then.
CREATE OR REPLACE TRIGGER agentrun_sessions_tell_evicted AFTER UPDATE OF storage_state ON agentrun_sessions FOR EACH ROW
WHEN (OLD.storage_state <> NEW.storage_state AND NEW.storage_state = 'evicted' AND OLD.storage_evicted_at IS NULL
	AND NEW.deleted_at IS NULL)
EXECUTE FUNCTION agentrun_tell_volume('evicted');
--> statement-breakpoint
-- Filled from its archive, or given back as it was.
CREATE OR REPLACE TRIGGER agentrun_sessions_tell_restored AFTER UPDATE OF storage_state ON agentrun_sessions FOR EACH ROW
WHEN (OLD.storage_state IN ('restoring', 'evicted') AND NEW.storage_state = 'live' AND NEW.deleted_at IS NULL)
EXECUTE FUNCTION agentrun_tell_volume('restored');
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_archive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT 'archive.failed', told, jsonb_build_object(
		'sessionId', session.session_id, 'title', left(session.title, 200), 'tenantId', session.tenant_id,
		'projectId', session.project_id, 'volume', session.storage_pvc_name, 'orderedBy', NEW.ordered_by,
		'nextTryAt', NEW.next_try_at)
	FROM agentrun_sessions session,
		agentrun_webhooks_told('archive.failed', session.tenant_id, session.project_id, NULL, NULL) told
	WHERE session.session_id = NEW.session_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Once an order: that it failed again is the same need.
CREATE OR REPLACE TRIGGER agentrun_archive_orders_tell AFTER UPDATE OF failure ON agentrun_archive_orders FOR EACH ROW
WHEN (OLD.failure IS NULL AND NEW.failure IS NOT NULL) EXECUTE FUNCTION agentrun_tell_archive();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_runner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT 'runner.lost', told, jsonb_build_object(
		'runnerId', NEW.id, 'runId', run.id, 'sessionId', run.session_id, 'taskId', run.task_id, 'tenantId', run.tenant_id,
		'projectId', run.project_id, 'backendProfile', run.backend_profile)
	FROM agentrun_runs run,
		agentrun_webhooks_told('runner.lost', run.tenant_id, run.project_id, NULL, run.task_id) told
	WHERE run.id = NEW.run_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_runners_tell AFTER UPDATE OF end_kind ON agentrun_runners FOR EACH ROW
WHEN (OLD.end_kind IS DISTINCT FROM NEW.end_kind AND NEW.end_kind = 'lost') EXECUTE FUNCTION agentrun_tell_runner();
--> statement-breakpoint
-- What keeps work from a backend by its row: as contract/backend-standing.ts has it, but for what ends by the clock alone.
-- No row tells of that moment, so that one counts as unavailable until its provider has answered.
CREATE OR REPLACE FUNCTION agentrun_backend_cause(disabled_at timestamptz, health jsonb, probe jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN health ? 'downUntil' THEN 'limited'
	WHEN (probe ->> 'failures')::int >= 2 THEN 'failing' END);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION agentrun_tell_backend() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	cause text := agentrun_backend_cause(NEW.disabled_at, NEW.health, NEW.probe);
	happened text := 'backend.' || CASE WHEN cause IS NULL THEN 'available' ELSE 'unavailable' END;
	was_up boolean := true;
BEGIN
	IF TG_OP = 'UPDATE' THEN
		was_up := agentrun_backend_cause(OLD.disabled_at, OLD.health, OLD.probe) IS NULL;
	END IF;
	IF was_up = (cause IS NULL) THEN
		RETURN NULL;
	END IF;
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told.ids, jsonb_build_object('backendProfile', NEW.profile, 'cause', cause,
		'until', CASE WHEN cause = 'limited' THEN NEW.health ->> 'downUntil' END)
	-- A profile is every tenant's, and of no project and no queue.
	FROM (SELECT array_agg(webhook.id) AS ids FROM agentrun_webhooks webhook
		WHERE webhook.is_enabled AND happened = ANY (webhook.events) AND webhook.project_ids = '{}' AND webhook.queues = '{}') told
	WHERE told.ids IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_backends_tell AFTER INSERT OR UPDATE OF disabled_at, health, probe ON agentrun_backends
FOR EACH ROW EXECUTE FUNCTION agentrun_tell_backend();
