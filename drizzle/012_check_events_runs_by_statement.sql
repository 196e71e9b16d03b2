-- A foreign key looks its row up once for every event, a third of what storing one costs; a statement of events belongs
-- to a few runs. So the same promise, that events have a run and go with it, is kept once a statement. The key to drop
-- is found by what it does, since v0.1 may have named its own otherwise.
DO $$
DECLARE key record;
BEGIN
	FOR key IN
		SELECT conname FROM pg_constraint
		WHERE contype = 'f' AND confrelid = 'agentrun_runs'::regclass AND conrelid = 'agentrun_events'::regclass
	LOOP
		EXECUTE format('ALTER TABLE agentrun_events DROP CONSTRAINT %I', key.conname);
	END LOOP;
END $$;
--> statement-breakpoint
-- A run that this transaction wrote is locked by it. Others are locked as a foreign key does, so that one that is being
-- deleted is waited for and then missed.
CREATE FUNCTION agentrun_require_runs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN
	IF NOT EXISTS (
		SELECT FROM (SELECT DISTINCT run_id FROM new_rows) named
		WHERE NOT EXISTS (
			SELECT FROM agentrun_runs run WHERE run.id = named.run_id AND run.xmin = pg_current_xact_id()::xid
		)
	) THEN
		RETURN NULL;
	END IF;
	WITH named AS (SELECT DISTINCT run_id FROM new_rows),
		present AS (SELECT id FROM agentrun_runs WHERE id IN (SELECT run_id FROM named) ORDER BY id FOR KEY SHARE)
	SELECT run_id INTO missing FROM named WHERE run_id NOT IN (SELECT id FROM present) LIMIT 1;
	IF missing IS NOT NULL THEN
		RAISE foreign_key_violation USING
			MESSAGE = format('a row of %s names run %s, which is not there', TG_TABLE_NAME, missing), TABLE = TG_TABLE_NAME;
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_events_have_runs AFTER INSERT ON agentrun_events
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agentrun_require_runs();
--> statement-breakpoint
CREATE FUNCTION agentrun_delete_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM agentrun_events WHERE run_id IN (SELECT id FROM old_rows);
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_runs_delete_events AFTER DELETE ON agentrun_runs
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION agentrun_delete_events();
--> statement-breakpoint
-- An event stays with its run, and a run keeps its id: neither is ever updated.
CREATE FUNCTION agentrun_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE restrict_violation USING MESSAGE = format('%s of %s never changes', TG_ARGV[0], TG_TABLE_NAME);
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_events_keep_run BEFORE UPDATE OF run_id ON agentrun_events
FOR EACH ROW EXECUTE FUNCTION agentrun_refuse_update('run_id');
--> statement-breakpoint
CREATE TRIGGER agentrun_runs_keep_id BEFORE UPDATE OF id ON agentrun_runs
FOR EACH ROW EXECUTE FUNCTION agentrun_refuse_update('id');
