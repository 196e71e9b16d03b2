-- agentrun: outside a transaction
-- Images that are uploaded for queue tasks: they belong to a project, and what uses them is listed.
CREATE TABLE IF NOT EXISTS "agentrun_attachment_uses" (
	"attachment_id" text NOT NULL,
	"session_id" text,
	"task_id" text,
	"schedule_id" text,
	CONSTRAINT "agentrun_attachment_uses_one_check" CHECK (num_nonnulls("agentrun_attachment_uses"."session_id", "agentrun_attachment_uses"."task_id", "agentrun_attachment_uses"."schedule_id") = 1),
	CONSTRAINT "agentrun_attachment_uses_attachment_id_agentrun_attachments_id_fk" FOREIGN KEY ("attachment_id") REFERENCES "public"."agentrun_attachments"("id") ON DELETE cascade ON UPDATE no action
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "agentrun_attachment_uses_attachment_idx" ON "agentrun_attachment_uses" USING btree ("attachment_id");
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "agentrun_attachment_uses_session_idx" ON "agentrun_attachment_uses" USING btree ("session_id","attachment_id") WHERE "agentrun_attachment_uses"."session_id" is not null;
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "agentrun_attachment_uses_task_idx" ON "agentrun_attachment_uses" USING btree ("task_id","attachment_id") WHERE "agentrun_attachment_uses"."task_id" is not null;
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "agentrun_attachment_uses_schedule_idx" ON "agentrun_attachment_uses" USING btree ("schedule_id","attachment_id") WHERE "agentrun_attachment_uses"."schedule_id" is not null;
--> statement-breakpoint
ALTER TABLE "agentrun_attachments" ALTER COLUMN "session_id" DROP NOT NULL;
--> statement-breakpoint
ALTER TABLE "agentrun_attachments" ADD COLUMN IF NOT EXISTS "is_waiting" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_attachments_project_idx" ON "agentrun_attachments" USING btree ("tenant_id","project_id","sha256") WHERE "agentrun_attachments"."session_id" is null;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_attachments_waiting_idx" ON "agentrun_attachments" USING btree ("tenant_id","project_id") WHERE "agentrun_attachments"."is_waiting";
