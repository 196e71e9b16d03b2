CREATE TABLE "agentrun_archive_orders" (
	"session_id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"attempt_id" text NOT NULL,
	"ordered_by" text NOT NULL,
	"command_id" text,
	"state" text DEFAULT 'waiting' NOT NULL,
	"try_count" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_archive_orders" ADD CONSTRAINT "agentrun_archive_orders_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_archive_orders_attempt_idx" ON "agentrun_archive_orders" USING btree ("attempt_id");