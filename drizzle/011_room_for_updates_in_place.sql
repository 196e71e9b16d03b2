-- Counters, heartbeats and activity change these rows all the time and no index of theirs: with room in its page the
-- new version of a row stays beside the old one, and no index is touched.
ALTER TABLE agentrun_runs SET (fillfactor = 60);
--> statement-breakpoint
ALTER TABLE agentrun_sessions SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE agentrun_runners SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE agentrun_leases SET (fillfactor = 50);
