-- agentrun: outside a transaction
-- Why the last turn of a run that completed failed; null for runs that ended before.
ALTER TABLE "agentrun_runs" ADD COLUMN IF NOT EXISTS "turn_failure_kind" text;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_runs_any_failure_kind_idx" ON "agentrun_runs" USING btree (coalesce("failure_kind", "turn_failure_kind"),"created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE coalesce("agentrun_runs"."failure_kind", "agentrun_runs"."turn_failure_kind") is not null;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_runs_any_failure_idx" ON "agentrun_runs" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "agentrun_runs"."status" = 'failed' or "agentrun_runs"."turn_failure_kind" is not null;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_runs_tenant_any_failure_idx" ON "agentrun_runs" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "agentrun_runs"."status" = 'failed' or "agentrun_runs"."turn_failure_kind" is not null;
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_failure_created_idx";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "agentrun_runs_tenant_failed_idx";
