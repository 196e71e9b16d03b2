-- agentrun: outside a transaction
-- One table at a time: whoever writes to several of them meanwhile is met in no deadlock.
CREATE OR REPLACE TRIGGER agentrun_commands_tell AFTER UPDATE OF state ON agentrun_commands FOR EACH ROW
WHEN (NEW.type = 'turn' AND OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'cancelled'))
EXECUTE FUNCTION agentrun_tell_turn();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_runs_tell AFTER UPDATE OF status ON agentrun_runs FOR EACH ROW
WHEN (OLD.status <> NEW.status AND NEW.status IN ('completed', 'failed', 'cancelled'))
EXECUTE FUNCTION agentrun_tell_run();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_queue_tasks_tell_end AFTER UPDATE OF state ON agentrun_queue_tasks FOR EACH ROW
WHEN (OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'cancelled')) EXECUTE FUNCTION agentrun_tell_task();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_queue_tasks_tell_parked AFTER UPDATE OF parked_at ON agentrun_queue_tasks FOR EACH ROW
WHEN (OLD.parked_at IS NULL AND NEW.parked_at IS NOT NULL) EXECUTE FUNCTION agentrun_tell_task('parked');
--> statement-breakpoint
-- A decision that was withdrawn, and one that no attempt is there for any more, is told as well.
CREATE OR REPLACE TRIGGER agentrun_approvals_tell_requested AFTER INSERT ON agentrun_approvals FOR EACH ROW
WHEN (NEW.status = 'pending') EXECUTE FUNCTION agentrun_tell_approval();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER agentrun_approvals_tell_change AFTER UPDATE OF status ON agentrun_approvals FOR EACH ROW
WHEN (OLD.status <> NEW.status AND NEW.status IN ('pending', 'decided', 'superseded'))
EXECUTE FUNCTION agentrun_tell_approval();
