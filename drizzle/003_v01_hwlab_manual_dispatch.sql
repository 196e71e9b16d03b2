CREATE TABLE "agentrun_runner_jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"command_id" text NOT NULL,
	"idempotency_key" text,
	"payload_hash" text NOT NULL,
	"attempt_id" text NOT NULL,
	"runner_id" text NOT NULL,
	"namespace" text NOT NULL,
	"job_name" text NOT NULL,
	"manager_url" text NOT NULL,
	"image" text NOT NULL,
	"source_commit" text NOT NULL,
	"service_account_name" text,
	"result" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);--> statement-breakpoint
ALTER TABLE "agentrun_runner_jobs" ADD CONSTRAINT "agentrun_runner_jobs_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_runner_jobs" ADD CONSTRAINT "agentrun_runner_jobs_command_id_agentrun_commands_id_fk" FOREIGN KEY ("command_id") REFERENCES "public"."agentrun_commands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_runner_jobs_run_idempotency_key_idx" ON "agentrun_runner_jobs" USING btree ("run_id","idempotency_key") WHERE "agentrun_runner_jobs"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_runner_jobs_run_command_idx" ON "agentrun_runner_jobs" USING btree ("run_id","command_id","created_at");
