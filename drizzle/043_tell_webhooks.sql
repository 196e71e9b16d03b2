CREATE TABLE "agentrun_webhook_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"webhook_id" text NOT NULL,
	"event" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"attempts_before" integer DEFAULT 0 NOT NULL,
	"is_under_way" boolean DEFAULT false NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"tries" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "agentrun_webhook_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agentrun_webhook_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event" text NOT NULL,
	"webhook_ids" text[] NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_webhooks" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text,
	"name" text NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"format" text DEFAULT 'json' NOT NULL,
	"secret" text NOT NULL,
	"previous_secret" text,
	"previous_secret_until" timestamp with time zone,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"disabled_reason" text,
	"created_by" text NOT NULL,
	"last_delivered_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "agentrun_webhook_deliveries_due_idx" ON "agentrun_webhook_deliveries" USING btree ("webhook_id","next_attempt_at") WHERE "agentrun_webhook_deliveries"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "agentrun_webhook_deliveries_listed_idx" ON "agentrun_webhook_deliveries" USING btree ("webhook_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_webhook_deliveries_state_idx" ON "agentrun_webhook_deliveries" USING btree ("webhook_id","state","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_webhook_deliveries_age_idx" ON "agentrun_webhook_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_webhooks_name_idx" ON "agentrun_webhooks" USING btree (coalesce("tenant_id", ''),"name");
--> statement-breakpoint
-- What happens is noted in the transaction that makes it so, by triggers, so that no writer can forget it and nothing is
-- told that did not happen; and only where somebody asks for it.
CREATE FUNCTION agentrun_webhooks_told(event text, tenant text) RETURNS text[] LANGUAGE sql STABLE
RETURN (SELECT array_agg(webhook.id) FROM agentrun_webhooks webhook
	WHERE webhook.is_enabled AND (webhook.tenant_id IS NULL OR webhook.tenant_id = tenant) AND event = ANY (webhook.events));
--> statement-breakpoint
CREATE FUNCTION agentrun_tell_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'turn.' || NEW.state;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'commandId', NEW.id, 'runId', run.id, 'sessionId', run.session_id, 'taskId', run.task_id, 'tenantId', run.tenant_id,
		'projectId', run.project_id, 'backendProfile', run.backend_profile, 'status', NEW.state,
		'failureKind', NEW.failure_kind)
	FROM agentrun_runs run, agentrun_webhooks_told(happened, run.tenant_id) told
	WHERE run.id = NEW.run_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION agentrun_tell_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'run.' || NEW.status;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'runId', NEW.id, 'sessionId', NEW.session_id, 'taskId', NEW.task_id, 'tenantId', NEW.tenant_id,
		'projectId', NEW.project_id, 'backendProfile', NEW.backend_profile, 'status', NEW.status,
		'failureKind', NEW.failure_kind)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id) told WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION agentrun_tell_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'task.' || coalesce(TG_ARGV[0], NEW.state);
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'taskId', NEW.id, 'title', left(NEW.title, 200), 'tenantId', NEW.tenant_id, 'projectId', NEW.project_id,
		'queue', NEW.queue, 'lane', NEW.lane, 'state', NEW.state, 'attempts', NEW.attempt_count, 'runId', NEW.run_id,
		'sessionId', NEW.session_id, 'failureKind', NEW.failure_kind, 'deadLetter', NEW.dead_letter,
		'parkedUntil', NEW.parked_until)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id) told WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION agentrun_tell_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'approval.' || CASE NEW.status WHEN 'pending' THEN 'requested' ELSE NEW.status END;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'approvalId', NEW.id, 'runId', NEW.run_id, 'sessionId', NEW.session_id, 'tenantId', NEW.tenant_id,
		'projectId', NEW.project_id, 'kind', NEW.kind, 'status', NEW.status, 'decision', NEW.decision,
		'decidedBy', NEW.decided_by)
	FROM agentrun_webhooks_told(happened, NEW.tenant_id) told WHERE told IS NOT NULL;
	RETURN NULL;
END $$;
