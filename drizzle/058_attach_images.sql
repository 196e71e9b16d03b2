-- Images that messages show: they belong to a session and go with it.
CREATE TABLE "agentrun_attachments" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"session_id" text NOT NULL,
	"name" text NOT NULL,
	"media_type" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"sha256" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "agentrun_attachments" ADD CONSTRAINT "agentrun_attachments_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_attachments_content_idx" ON "agentrun_attachments" USING btree ("session_id","sha256");--> statement-breakpoint
CREATE INDEX "agentrun_attachments_expiry_idx" ON "agentrun_attachments" USING btree ("expires_at") WHERE "agentrun_attachments"."expires_at" is not null;
--> statement-breakpoint
-- What is compressed already is stored as it came.
ALTER TABLE "agentrun_attachments" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
