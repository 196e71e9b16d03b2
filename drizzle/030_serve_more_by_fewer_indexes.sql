-- agentrun: outside a transaction
-- Each index that nothing reads, or that another one answers as well, is written for nothing at every change of a row.
-- Of the feeds one index is left, with the tenant last.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_queue_attempts_place_idx" ON "agentrun_queue_attempts" USING btree ("tenant_id","queue","dispatched_at" DESC NULLS FIRST,"lane");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_queue_tasks_changes_idx" ON "agentrun_queue_tasks" USING btree ("change_xid","version","tenant_id");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_runs_changes_idx" ON "agentrun_runs" USING btree ("change_xid","version","tenant_id");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_sessions_changes_idx" ON "agentrun_sessions" USING btree ("change_xid","version","tenant_id");
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_attempts_recent_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_attempts_tenant_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_tasks_active_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_tasks_feed_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_tasks_tenant_feed_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_status_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_session_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_pending_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_feed_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_tenant_feed_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_tenant_project_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_control_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_version_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_storage_kind_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_feed_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_sessions_tenant_feed_idx";
--> statement-breakpoint
-- The dispatcher stamps what it inserts: a call of a trigger for each row costs more than an index. What does not stamp
-- itself is stamped as before.
CREATE OR REPLACE TRIGGER agentrun_sessions_stamp_added BEFORE INSERT ON agentrun_sessions
FOR EACH ROW WHEN (NEW.change_xid = '0') EXECUTE FUNCTION agentrun_stamp_change('agentrun_session_version_seq');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_sessions_stamp BEFORE UPDATE OF
	backend_profile, conversation_id, thread_id, metadata, expires_at, execution_state, last_run_id, last_command_id,
	active_run_id, active_command_id, terminal_status, failure_kind, title, summary, storage_kind, storage_pvc_name,
	storage_namespace, storage_size_bytes, storage_files_count, storage_sha256, storage_updated_at, storage_pvc_phase,
	storage_evicted_at, storage_state, pinned_at, deleted_at, pending_approvals, archive_manifest_id
ON agentrun_sessions FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_session_version_seq');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_runs_stamp_added BEFORE INSERT ON agentrun_runs
FOR EACH ROW WHEN (NEW.change_xid = '0') EXECUTE FUNCTION agentrun_stamp_change('agentrun_run_version_seq');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_runs_stamp BEFORE UPDATE OF
	status, terminal_status, failure_kind, failure_message, claimed_by, lease_epoch, lease_state, session_ref,
	cancel_requested_at, attempt_count, next_attempt_at
ON agentrun_runs FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_run_version_seq');
--> statement-breakpoint
-- An attempt that begins to run changes in no index: with room in its page it stays in it.
ALTER TABLE agentrun_queue_attempts SET (fillfactor = 80);
