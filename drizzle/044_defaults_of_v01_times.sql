-- agentrun: outside a transaction
-- A database of v0.1 need not have a default for these, since its writers named each of them; ours do not. The adoption runs
-- this before all others, which rely on it too; here it mends what was adopted before. Whatever has its default is left alone.
DO $$
DECLARE
	lacking record;
BEGIN
	FOR lacking IN
		SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = ANY (current_schemas(false)) AND column_default IS NULL AND (table_name, column_name) IN (
			('agentrun_runs', 'created_at'), ('agentrun_runs', 'updated_at'), ('agentrun_commands', 'created_at'),
			('agentrun_commands', 'updated_at'), ('agentrun_events', 'created_at'), ('agentrun_runners', 'registered_at'),
			('agentrun_runners', 'heartbeat_at'), ('agentrun_backends', 'updated_at'), ('agentrun_leases', 'updated_at'),
			('agentrun_sessions', 'created_at'), ('agentrun_sessions', 'updated_at'), ('agentrun_session_read_cursors', 'read_at'),
			('agentrun_runner_jobs', 'created_at'), ('agentrun_runner_jobs', 'updated_at'), ('agentrun_queue_tasks', 'created_at'),
			('agentrun_queue_tasks', 'updated_at'), ('agentrun_queue_read_cursors', 'read_at'))
	LOOP
		EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT now()', lacking.table_name, lacking.column_name);
		-- One table at a time: whoever writes to several of them meanwhile is met in no deadlock.
		COMMIT;
	END LOOP;
END $$;
