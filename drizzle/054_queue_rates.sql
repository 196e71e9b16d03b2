-- agentrun: outside a transaction
-- A rate of a queue or lane: so many starts in any so many seconds, counted from the attempts themselves.
ALTER TABLE "agentrun_queue_controls" ADD COLUMN IF NOT EXISTS "starts_max" integer;
--> statement-breakpoint
ALTER TABLE "agentrun_queue_controls" ADD COLUMN IF NOT EXISTS "starts_window_seconds" integer;
--> statement-breakpoint
ALTER TABLE "agentrun_queue_controls" DROP CONSTRAINT IF EXISTS "agentrun_queue_controls_rate_check", ADD CONSTRAINT "agentrun_queue_controls_rate_check" CHECK (("agentrun_queue_controls"."starts_max" is null) = ("agentrun_queue_controls"."starts_window_seconds" is null) and "agentrun_queue_controls"."starts_max" > 0 and "agentrun_queue_controls"."starts_window_seconds" > 0);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_queue_attempts_starts_idx" ON "agentrun_queue_attempts" USING btree ("tenant_id","queue","lane","dispatched_at" DESC NULLS FIRST);
--> statement-breakpoint
-- What waits for the same, now by lane: those of lanes that a rate or another limit holds up are passed over.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_queue_tasks_noted_idx" ON "agentrun_queue_tasks" USING btree ("blocked_on","tenant_id","queue","lane","priority" DESC NULLS FIRST,"created_at","id") WHERE "agentrun_queue_tasks"."state" = 'pending' and "agentrun_queue_tasks"."not_before" is null and "agentrun_queue_tasks"."blocked_on" is not null;
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_queue_tasks_blocked_idx";
