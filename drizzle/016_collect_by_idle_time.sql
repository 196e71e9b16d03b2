CREATE TABLE "agentrun_storage_gc" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"feed_epoch" text NOT NULL,
	"collected_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "used_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "agentrun_audit_gc_idx" ON "agentrun_audit" USING btree ("action","at","id") WHERE "agentrun_audit"."action" in ('storage.gc.deleting', 'storage.gc.collected');--> statement-breakpoint
CREATE INDEX "agentrun_sessions_idle_idx" ON "agentrun_sessions" USING btree ("used_at","session_id") WHERE "agentrun_sessions"."storage_kind" = 'pvc' and "agentrun_sessions"."expires_at" is null;--> statement-breakpoint
-- Sessions that are there already count as used now: the column's default. From here on a trigger keeps it, so that no
-- writer can forget.
CREATE FUNCTION agentrun_note_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.used_at := clock_timestamp();
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_sessions_used BEFORE UPDATE OF
	execution_state, last_run_id, active_run_id, last_command_id, active_command_id, restore_manifest_id
ON agentrun_sessions FOR EACH ROW WHEN (
	(OLD.execution_state, OLD.last_run_id, OLD.active_run_id, OLD.last_command_id, OLD.active_command_id, OLD.restore_manifest_id)
	IS DISTINCT FROM
	(NEW.execution_state, NEW.last_run_id, NEW.active_run_id, NEW.last_command_id, NEW.active_command_id, NEW.restore_manifest_id)
) EXECUTE FUNCTION agentrun_note_use();
