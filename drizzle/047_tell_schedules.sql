-- A time of a schedule that brought no task, though none of before was in its way, is told to webhooks that ask for it.
CREATE FUNCTION agentrun_tell_firing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	happened text := 'schedule.' || NEW.outcome;
BEGIN
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'scheduleId', schedule.id, 'title', schedule.name, 'tenantId', schedule.tenant_id,
		'projectId', schedule.project_id, 'dueAt', NEW.due_at, 'missed', NEW.missed, 'reason', left(NEW.message, 500))
	FROM agentrun_schedules schedule, agentrun_webhooks_told(happened, schedule.tenant_id) told
	WHERE schedule.id = NEW.schedule_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Its table is as new as this: no writer is met.
CREATE TRIGGER agentrun_schedule_firings_tell AFTER INSERT ON agentrun_schedule_firings FOR EACH ROW
WHEN (NEW.outcome IN ('missed', 'refused')) EXECUTE FUNCTION agentrun_tell_firing();
