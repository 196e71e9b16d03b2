-- That a budget is near its limit, or has reached it, is told to webhooks that ask for it: once, until it was raised.
CREATE FUNCTION agentrun_tell_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	was_near boolean := TG_OP = 'UPDATE' AND OLD.near_at IS NOT NULL;
	was_reached boolean := TG_OP = 'UPDATE' AND OLD.reached_at IS NOT NULL;
	happened text;
BEGIN
	IF NEW.reached_at IS NOT NULL AND NOT was_reached THEN
		happened := 'budget.reached';
	ELSIF NEW.near_at IS NOT NULL AND NOT was_near AND NEW.reached_at IS NULL THEN
		happened := 'budget.near';
	ELSE
		RETURN NULL;
	END IF;
	INSERT INTO agentrun_webhook_events (event, webhook_ids, data)
	SELECT happened, told, jsonb_build_object(
		'budgetId', budget.id, 'title', budget.name, 'tenantId', budget.tenant_id, 'projectId', budget.project_id,
		'backendProfile', budget.backend_profile, 'sessionId', NEW.session_id, 'period', budget.period,
		'unit', budget.unit, 'action', budget.action, 'endsAt', NEW.ends_at,
		'spent', trim_scale(NEW.spent::numeric / units.each),
		'limit', trim_scale(greatest(budget."limit", NEW.raised_to)::numeric / units.each))
	FROM agentrun_budgets budget
	CROSS JOIN LATERAL (SELECT CASE WHEN budget.unit = 'tokens' THEN 1 ELSE 1000000 END AS each) units
	CROSS JOIN LATERAL agentrun_webhooks_told(happened, budget.tenant_id) told
	WHERE budget.id = NEW.budget_id AND told IS NOT NULL;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Its table is as new as this: no writer is met.
CREATE TRIGGER agentrun_budget_periods_tell AFTER INSERT OR UPDATE OF near_at, reached_at ON agentrun_budget_periods
FOR EACH ROW EXECUTE FUNCTION agentrun_tell_budget();
