CREATE TABLE "agentrun_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"workspace_ref" jsonb NOT NULL,
	"session_ref" jsonb,
	"resource_bundle_ref" jsonb,
	"provider_id" text NOT NULL,
	"backend_profile" text NOT NULL,
	"execution_policy" jsonb NOT NULL,
	"trace_sink" jsonb,
	"status" text NOT NULL,
	"terminal_status" text,
	"failure_kind" text,
	"failure_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"claimed_by" text,
	"lease_expires_at" timestamp with time zone
);--> statement-breakpoint
CREATE TABLE "agentrun_commands" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	"payload_hash" text NOT NULL,
	"idempotency_key" text,
	"state" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"acknowledged_at" timestamp with time zone,
	CONSTRAINT "agentrun_commands_run_id_seq_key" UNIQUE("run_id","seq")
);--> statement-breakpoint
CREATE TABLE "agentrun_events" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agentrun_events_run_id_seq_key" UNIQUE("run_id","seq")
);--> statement-breakpoint
CREATE TABLE "agentrun_runners" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text,
	"attempt_id" text,
	"backend_profile" text,
	"placement" text,
	"source_commit" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"registered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL
);--> statement-breakpoint
CREATE TABLE "agentrun_backends" (
	"profile" text PRIMARY KEY NOT NULL,
	"capabilities" jsonb NOT NULL,
	"capacity" jsonb NOT NULL,
	"health" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);--> statement-breakpoint
CREATE TABLE "agentrun_leases" (
	"run_id" text PRIMARY KEY NOT NULL,
	"runner_id" text NOT NULL,
	"lease_expires_at" timestamp with time zone NOT NULL,
	"stale_recovery_marker" jsonb,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);--> statement-breakpoint
CREATE TABLE "agentrun_sessions" (
	"session_id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"backend_profile" text NOT NULL,
	"conversation_id" text,
	"thread_id" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone
);--> statement-breakpoint
ALTER TABLE "agentrun_commands" ADD CONSTRAINT "agentrun_commands_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_events" ADD CONSTRAINT "agentrun_events_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_leases" ADD CONSTRAINT "agentrun_leases_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_runs_status_idx" ON "agentrun_runs" USING btree ("status","updated_at");--> statement-breakpoint
CREATE INDEX "agentrun_runs_session_idx" ON "agentrun_runs" USING btree (("session_ref"->>'sessionId'),"updated_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_commands_run_idempotency_key_idx" ON "agentrun_commands" USING btree ("run_id","idempotency_key") WHERE "agentrun_commands"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_commands_run_seq_idx" ON "agentrun_commands" USING btree ("run_id","seq");--> statement-breakpoint
CREATE INDEX "agentrun_events_run_seq_idx" ON "agentrun_events" USING btree ("run_id","seq");--> statement-breakpoint
CREATE INDEX "agentrun_leases_expiry_idx" ON "agentrun_leases" USING btree ("lease_expires_at");--> statement-breakpoint
CREATE INDEX "agentrun_sessions_tenant_project_idx" ON "agentrun_sessions" USING btree ("tenant_id","project_id","backend_profile","updated_at");
