CREATE SEQUENCE "public"."agentrun_session_version_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
ALTER TABLE "agentrun_sessions"
	ADD COLUMN "version" bigint DEFAULT 1 NOT NULL,
	ADD COLUMN "execution_state" text DEFAULT 'idle' NOT NULL,
	ADD COLUMN "last_run_id" text,
	ADD COLUMN "last_command_id" text,
	ADD COLUMN "active_run_id" text,
	ADD COLUMN "active_command_id" text,
	ADD COLUMN "last_event_seq" integer DEFAULT 0 NOT NULL,
	ADD COLUMN "terminal_status" text,
	ADD COLUMN "failure_kind" text,
	ADD COLUMN "title" text,
	ADD COLUMN "summary" jsonb DEFAULT '{}'::jsonb NOT NULL,
	ADD COLUMN "last_activity_at" timestamp with time zone;--> statement-breakpoint
CREATE TABLE "agentrun_session_read_cursors" (
	"session_id" text NOT NULL,
	"reader_id" text NOT NULL,
	"session_version" bigint NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agentrun_session_read_cursors_session_id_reader_id_pk" PRIMARY KEY("session_id","reader_id")
);--> statement-breakpoint
ALTER TABLE "agentrun_session_read_cursors" ADD CONSTRAINT "agentrun_session_read_cursors_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_control_idx" ON "agentrun_sessions" USING btree ("execution_state","backend_profile","updated_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_sessions_version_idx" ON "agentrun_sessions" USING btree ("version","updated_at" DESC NULLS FIRST);
