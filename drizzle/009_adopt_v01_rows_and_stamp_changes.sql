-- Rows of v0.1 are repaired before anything relies on them. One leased run a session: the newest claim stays.
UPDATE agentrun_runs SET status = 'pending', claimed_by = NULL, lease_expires_at = NULL
WHERE status = 'claimed' AND id IN (
	SELECT id FROM (
		SELECT id, row_number() OVER (PARTITION BY session_ref->>'sessionId' ORDER BY updated_at DESC, id) AS place
		FROM agentrun_runs WHERE status = 'claimed' AND session_ref->>'sessionId' IS NOT NULL
	) claims WHERE place > 1
);
--> statement-breakpoint
DELETE FROM agentrun_leases lease USING agentrun_runs run WHERE run.id = lease.run_id AND run.status <> 'claimed';
--> statement-breakpoint
UPDATE agentrun_runs run SET
	session_id = session_ref->>'sessionId',
	last_event_seq = coalesce((SELECT max(seq) FROM agentrun_events WHERE run_id = run.id), 0),
	last_command_seq = coalesce((SELECT max(seq) FROM agentrun_commands WHERE run_id = run.id), 0),
	lease_state = CASE WHEN status = 'claimed' THEN 'held' ELSE 'none' END;
--> statement-breakpoint
INSERT INTO agentrun_leases (run_id, runner_id, lease_expires_at)
SELECT id, coalesce(claimed_by, 'unknown'), coalesce(lease_expires_at, now()) FROM agentrun_runs WHERE status = 'claimed'
ON CONFLICT (run_id) DO NOTHING;
--> statement-breakpoint
UPDATE agentrun_sessions SET
	storage_state = CASE storage_kind WHEN 'pvc' THEN 'live' WHEN 'evicted' THEN 'evicted' ELSE 'none' END,
	volume_command_id = CASE storage_kind WHEN 'pvc' THEN last_command_id END;
--> statement-breakpoint
SELECT setval('agentrun_session_version_seq', greatest(
	(SELECT last_value FROM agentrun_session_version_seq),
	(SELECT coalesce(max(version), 1) FROM agentrun_sessions),
	(SELECT coalesce(max(session_version), 1) FROM agentrun_session_read_cursors)
));
--> statement-breakpoint
SELECT setval('agentrun_queue_version_seq', greatest(
	(SELECT last_value FROM agentrun_queue_version_seq),
	(SELECT coalesce(max(version), 1) FROM agentrun_queue_tasks),
	(SELECT coalesce(max(task_version), 1) FROM agentrun_queue_read_cursors)
));
--> statement-breakpoint
-- A change feed reads (change_xid, version) below the oldest transaction still open, so that a row committed late is
-- never skipped. A trigger stamps both: no writer can forget, and none can choose.
CREATE FUNCTION agentrun_stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.change_xid := pg_current_xact_id();
	NEW.version := nextval(TG_ARGV[0]);
	IF TG_OP = 'UPDATE' THEN NEW.updated_at := clock_timestamp(); END IF;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_runs_stamp BEFORE INSERT OR UPDATE OF
	status, terminal_status, failure_kind, failure_message, claimed_by, lease_epoch, lease_state, session_ref,
	cancel_requested_at, attempt_count, next_attempt_at
ON agentrun_runs FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_run_version_seq');
--> statement-breakpoint
CREATE TRIGGER agentrun_sessions_stamp BEFORE INSERT OR UPDATE OF
	backend_profile, conversation_id, thread_id, metadata, expires_at, execution_state, last_run_id, last_command_id,
	active_run_id, active_command_id, terminal_status, failure_kind, title, summary, storage_kind, storage_pvc_name,
	storage_namespace, storage_size_bytes, storage_files_count, storage_sha256, storage_updated_at, storage_pvc_phase,
	storage_evicted_at, storage_state, pinned_at, deleted_at, pending_approvals, archive_manifest_id
ON agentrun_sessions FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_session_version_seq');
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_stamp BEFORE INSERT OR UPDATE OF
	queue, lane, title, priority, state, payload, metadata, latest_attempt, session_path, session_id, run_at,
	cancelled_at, cancel_reason
ON agentrun_queue_tasks FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_queue_version_seq');
