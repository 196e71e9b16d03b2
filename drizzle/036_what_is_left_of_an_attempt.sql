CREATE UNLOGGED TABLE "agentrun_attempt_asks" (
	"id" text PRIMARY KEY NOT NULL,
	"attempt_id" text NOT NULL,
	"ask" jsonb NOT NULL,
	"answer" jsonb,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"answered_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "agentrun_attempt_remains" (
	"attempt_id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"details" jsonb NOT NULL,
	"logs" jsonb NOT NULL,
	"kept_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_attempt_remains" ADD CONSTRAINT "agentrun_attempt_remains_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_attempt_remains_run_idx" ON "agentrun_attempt_remains" USING btree ("run_id");