-- The event appender locks the runs whose events it stores in the very statement that stores them, and says so for its
-- connections: the look for those runs that follows every statement cost a lone caller a tenth of its time. Whoever
-- does not say so is checked as before. Replaced and not dropped, so that a long read of events holds nobody up.
CREATE OR REPLACE TRIGGER agentrun_events_have_runs AFTER INSERT ON agentrun_events
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
WHEN (current_setting('agentrun.locks_runs', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION agentrun_require_runs();
