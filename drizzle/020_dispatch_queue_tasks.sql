CREATE TABLE "agentrun_queue_attempts" (
	"task_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"run_id" text,
	"session_id" text,
	"command_id" text,
	"state" text NOT NULL,
	"ready_at" timestamp with time zone NOT NULL,
	"dispatched_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"failure_kind" text,
	"failure_message" text,
	CONSTRAINT "agentrun_queue_attempts_task_id_attempt_pk" PRIMARY KEY("task_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_bulk_actions" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text,
	"project_id" text,
	"action" text NOT NULL,
	"filter" jsonb NOT NULL,
	"priority" integer,
	"queue" text,
	"lane" text,
	"reason" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"is_aborting" boolean DEFAULT false NOT NULL,
	"total" integer NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"unchanged" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_bulk_results" (
	"bulk_id" text NOT NULL,
	"place" integer NOT NULL,
	"task_id" text NOT NULL,
	"outcome" text,
	"message" text,
	CONSTRAINT "agentrun_queue_bulk_results_bulk_id_place_pk" PRIMARY KEY("bulk_id","place")
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_controls" (
	"tenant_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"max_running" integer,
	"key_max_running" integer,
	"weight" double precision,
	"state" text DEFAULT 'open' NOT NULL,
	"reason" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text,
	CONSTRAINT "agentrun_queue_controls_tenant_id_queue_lane_pk" PRIMARY KEY("tenant_id","queue","lane")
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_count_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agentrun_queue_count_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"backend_profile" text NOT NULL,
	"state" text NOT NULL,
	"entered" integer NOT NULL,
	"gone" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_counts" (
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"backend_profile" text NOT NULL,
	"state" text NOT NULL,
	"tasks" bigint NOT NULL,
	CONSTRAINT "agentrun_queue_counts_tenant_id_project_id_queue_lane_backend_profile_state_pk" PRIMARY KEY("tenant_id","project_id","queue","lane","backend_profile","state")
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_minutes" (
	"minute" timestamp with time zone NOT NULL,
	"tenant_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"waiting" bigint DEFAULT 0 NOT NULL,
	"running" bigint DEFAULT 0 NOT NULL,
	"added" bigint DEFAULT 0 NOT NULL,
	"started" bigint DEFAULT 0 NOT NULL,
	"completed" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"cancelled" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "agentrun_queue_minutes_minute_tenant_id_queue_lane_pk" PRIMARY KEY("minute","tenant_id","queue","lane")
);
--> statement-breakpoint
DROP INDEX "agentrun_queue_tasks_list_idx";--> statement-breakpoint
DROP INDEX "agentrun_queue_tasks_updated_idx";--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "content_hash" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "retry_policy" jsonb;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "run_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "attempt_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "attempts_before" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "failure_kind" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "failure_message" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "dead_letter" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "parked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "parked_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "park_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "cancel_requested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "concurrency_key" text GENERATED ALWAYS AS (metadata->>'concurrencyKey') STORED;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "blocked_on" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "ready_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "task_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_attempts" ADD CONSTRAINT "agentrun_queue_attempts_task_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_queue_bulk_results" ADD CONSTRAINT "agentrun_queue_bulk_results_bulk_id_agentrun_queue_bulk_actions_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."agentrun_queue_bulk_actions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_queue_attempts_live_idx" ON "agentrun_queue_attempts" USING btree ("task_id") WHERE "agentrun_queue_attempts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_attempts_recent_idx" ON "agentrun_queue_attempts" USING btree ("queue","lane","dispatched_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_queue_attempts_dispatched_idx" ON "agentrun_queue_attempts" USING btree ("dispatched_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_queue_bulk_actions_created_idx" ON "agentrun_queue_bulk_actions" USING btree ("created_at" DESC NULLS FIRST,"id");--> statement-breakpoint
CREATE INDEX "agentrun_queue_bulk_actions_open_idx" ON "agentrun_queue_bulk_actions" USING btree ("created_at") WHERE "agentrun_queue_bulk_actions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_bulk_results_open_idx" ON "agentrun_queue_bulk_results" USING btree ("bulk_id","place") WHERE "agentrun_queue_bulk_results"."outcome" is null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_ready_idx" ON "agentrun_queue_tasks" USING btree ("tenant_id","queue","lane","priority" DESC NULLS FIRST,"created_at","id") WHERE "agentrun_queue_tasks"."state" = 'pending' and "agentrun_queue_tasks"."not_before" is null and "agentrun_queue_tasks"."blocked_on" is null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_blocked_idx" ON "agentrun_queue_tasks" USING btree ("blocked_on","priority" DESC NULLS FIRST,"created_at","id") WHERE "agentrun_queue_tasks"."state" = 'pending' and "agentrun_queue_tasks"."not_before" is null and "agentrun_queue_tasks"."blocked_on" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_due_idx" ON "agentrun_queue_tasks" USING btree ("not_before") WHERE "agentrun_queue_tasks"."state" = 'pending' and "agentrun_queue_tasks"."not_before" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_expiry_idx" ON "agentrun_queue_tasks" USING btree ("expires_at") WHERE "agentrun_queue_tasks"."state" = 'pending' and "agentrun_queue_tasks"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_active_idx" ON "agentrun_queue_tasks" USING btree ("tenant_id","queue","lane") WHERE "agentrun_queue_tasks"."state" in ('dispatched', 'running');