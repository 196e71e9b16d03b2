-- A thousand tasks that are added at once are stamped by the statement that adds them: a call of a trigger for each
-- costs more than an index. What does not stamp itself is stamped as before.
DROP TRIGGER agentrun_queue_tasks_stamp ON agentrun_queue_tasks;
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_stamp_added BEFORE INSERT ON agentrun_queue_tasks
FOR EACH ROW WHEN (NEW.change_xid = '0') EXECUTE FUNCTION agentrun_stamp_change('agentrun_queue_version_seq');
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_stamp BEFORE UPDATE OF
	queue, lane, title, priority, state, payload, metadata, latest_attempt, session_path, session_id, run_at,
	cancelled_at, cancel_reason, expires_at, retry_policy, run_id, attempt_count, failure_kind, failure_message,
	dead_letter, not_before, parked_at, parked_until, cancel_requested_at
ON agentrun_queue_tasks FOR EACH ROW EXECUTE FUNCTION agentrun_stamp_change('agentrun_queue_version_seq');
