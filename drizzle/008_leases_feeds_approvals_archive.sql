CREATE SEQUENCE "public"."agentrun_run_version_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "agentrun_approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"run_id" text NOT NULL,
	"session_id" text,
	"lease_epoch" integer NOT NULL,
	"request_key" text NOT NULL,
	"kind" text NOT NULL,
	"item_id" text,
	"turn_id" text,
	"command" text,
	"cwd" text,
	"changes" jsonb,
	"reason" text,
	"policy" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"decision" text,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision_reason" text,
	"command_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_archive_manifests" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"run_id" text NOT NULL,
	"lease_epoch" integer NOT NULL,
	"command_id" text,
	"manifest" jsonb NOT NULL,
	"size_bytes" bigint NOT NULL,
	"files_count" integer NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_archive_segments" (
	"session_id" text NOT NULL,
	"sha256" text NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agentrun_archive_segments_session_id_sha256_pk" PRIMARY KEY("session_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "agentrun_event_batches" (
	"run_id" text NOT NULL,
	"batch_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"first_seq" integer NOT NULL,
	"last_seq" integer NOT NULL,
	CONSTRAINT "agentrun_event_batches_run_id_batch_id_pk" PRIMARY KEY("run_id","batch_id")
);
--> statement-breakpoint
CREATE TABLE "agentrun_feed_epoch" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" text NOT NULL,
	"system_identifier" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_audit" (
	"id" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"tenant_id" text,
	"target_kind" text NOT NULL,
	"target_id" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"hash" text NOT NULL,
	"name" text,
	"role" text,
	"tenant_id" text,
	"run_id" text,
	"lease_epoch" integer,
	"attempt_id" text,
	"backend_profile" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
DROP INDEX IF EXISTS "agentrun_commands_run_seq_idx";--> statement-breakpoint
DROP INDEX IF EXISTS "agentrun_events_run_seq_idx";--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD COLUMN "cancel_requested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD COLUMN "cancel_reason" text;--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD COLUMN "failure_kind" text;--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD COLUMN "failure_message" text;--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD COLUMN "lease_epoch" integer;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "session_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "run_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN "change_xid" xid8 DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_leases" ADD COLUMN "lease_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_leases" ADD COLUMN "nonce" text;--> statement-breakpoint
ALTER TABLE "agentrun_leases" ADD COLUMN "lease_ms" integer DEFAULT 20000 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runner_jobs" ADD COLUMN "state" text DEFAULT 'ended' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runner_jobs" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "session_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "payload_hash" text;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "lease_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "lease_state" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "cancel_requested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "cancel_reason" text;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "attempt_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "next_attempt_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "last_event_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "last_command_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "version" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "change_xid" xid8 DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "storage_state" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "storage_policy" text DEFAULT 'archive' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "storage_requested_bytes" bigint;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "restore_manifest_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "archive_manifest_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "archive_command_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "volume_command_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "pinned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "payload_hash" text;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "pending_approvals" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "change_xid" xid8 DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_approvals" ADD CONSTRAINT "agentrun_approvals_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_archive_manifests" ADD CONSTRAINT "agentrun_archive_manifests_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_archive_segments" ADD CONSTRAINT "agentrun_archive_segments_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_event_batches" ADD CONSTRAINT "agentrun_event_batches_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_approvals_request_idx" ON "agentrun_approvals" USING btree ("run_id","lease_epoch","request_key");--> statement-breakpoint
CREATE INDEX "agentrun_approvals_open_idx" ON "agentrun_approvals" USING btree ("created_at") WHERE "agentrun_approvals"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "agentrun_approvals_session_idx" ON "agentrun_approvals" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "agentrun_approvals_created_idx" ON "agentrun_approvals" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_archive_manifests_session_idx" ON "agentrun_archive_manifests" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "agentrun_audit_at_idx" ON "agentrun_audit" USING btree ("at");--> statement-breakpoint
CREATE INDEX "agentrun_audit_target_idx" ON "agentrun_audit" USING btree ("target_kind","target_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_tokens_hash_idx" ON "agentrun_tokens" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "agentrun_tokens_run_idx" ON "agentrun_tokens" USING btree ("run_id") WHERE "agentrun_tokens"."run_id" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_tokens_expiry_idx" ON "agentrun_tokens" USING btree ("expires_at") WHERE "agentrun_tokens"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_commands_open_idx" ON "agentrun_commands" USING btree ("run_id","seq") WHERE "agentrun_commands"."state" in ('pending', 'acknowledged');--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_order_idx" ON "agentrun_queue_tasks" USING btree ("priority" DESC NULLS FIRST,"created_at","id");--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_queue_order_idx" ON "agentrun_queue_tasks" USING btree ("queue","priority" DESC NULLS FIRST,"created_at","id");--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_state_order_idx" ON "agentrun_queue_tasks" USING btree ("state","priority" DESC NULLS FIRST,"created_at","id");--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_feed_idx" ON "agentrun_queue_tasks" USING btree ("change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_tenant_feed_idx" ON "agentrun_queue_tasks" USING btree ("tenant_id","change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_runner_jobs_live_idx" ON "agentrun_runner_jobs" USING btree ("created_at") WHERE "agentrun_runner_jobs"."state" in ('launching', 'running');--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_runner_jobs_attempt_idx" ON "agentrun_runner_jobs" USING btree ("attempt_id") WHERE "agentrun_runner_jobs"."state" in ('launching', 'running');--> statement-breakpoint
CREATE INDEX "agentrun_runs_pending_idx" ON "agentrun_runs" USING btree ("created_at") WHERE "agentrun_runs"."status" = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_runs_claimed_session_idx" ON "agentrun_runs" USING btree ("session_id") WHERE "agentrun_runs"."status" = 'claimed' and "agentrun_runs"."session_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_runs_idempotency_idx" ON "agentrun_runs" USING btree ("tenant_id","project_id","idempotency_key") WHERE "agentrun_runs"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_runs_created_idx" ON "agentrun_runs" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_runs_tenant_created_idx" ON "agentrun_runs" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_runs_status_created_idx" ON "agentrun_runs" USING btree ("status","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_runs_session_created_idx" ON "agentrun_runs" USING btree ("session_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_runs_feed_idx" ON "agentrun_runs" USING btree ("change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_runs_tenant_feed_idx" ON "agentrun_runs" USING btree ("tenant_id","change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_sessions_list_idx" ON "agentrun_sessions" USING btree ("updated_at" DESC NULLS FIRST,"session_id" DESC NULLS FIRST) WHERE "agentrun_sessions"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_tenant_list_idx" ON "agentrun_sessions" USING btree ("tenant_id","updated_at" DESC NULLS FIRST,"session_id" DESC NULLS FIRST) WHERE "agentrun_sessions"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_state_list_idx" ON "agentrun_sessions" USING btree ("execution_state","updated_at" DESC NULLS FIRST,"session_id" DESC NULLS FIRST) WHERE "agentrun_sessions"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_feed_idx" ON "agentrun_sessions" USING btree ("change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_sessions_tenant_feed_idx" ON "agentrun_sessions" USING btree ("tenant_id","change_xid","version");--> statement-breakpoint
CREATE INDEX "agentrun_sessions_expiry_idx" ON "agentrun_sessions" USING btree ("expires_at") WHERE "agentrun_sessions"."storage_kind" = 'pvc' and "agentrun_sessions"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_storage_step_idx" ON "agentrun_sessions" USING btree ("storage_state") WHERE "agentrun_sessions"."storage_state" in ('creating', 'archiving', 'deleting', 'restoring');--> statement-breakpoint
CREATE INDEX "agentrun_sessions_deleted_idx" ON "agentrun_sessions" USING btree ("deleted_at") WHERE "agentrun_sessions"."deleted_at" is not null;