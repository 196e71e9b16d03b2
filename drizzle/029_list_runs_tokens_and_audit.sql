DROP INDEX "agentrun_audit_at_idx";--> statement-breakpoint
ALTER TABLE "agentrun_tokens" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "agentrun_tokens" ADD COLUMN "parent_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_runs" ADD COLUMN "started_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "agentrun_audit_at_id_idx" ON "agentrun_audit" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "agentrun_audit_tenant_idx" ON "agentrun_audit" USING btree ("tenant_id","at","id") WHERE "agentrun_audit"."tenant_id" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_audit_actor_idx" ON "agentrun_audit" USING btree ("actor","at","id");--> statement-breakpoint
CREATE INDEX "agentrun_audit_action_idx" ON "agentrun_audit" USING btree ("action","at","id");--> statement-breakpoint
CREATE INDEX "agentrun_tokens_listed_idx" ON "agentrun_tokens" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "agentrun_tokens"."kind" in ('api', 'operator');--> statement-breakpoint
CREATE INDEX "agentrun_tokens_parent_idx" ON "agentrun_tokens" USING btree ("parent_id") WHERE "agentrun_tokens"."parent_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_tokens_name_idx" ON "agentrun_tokens" USING btree (coalesce("tenant_id", ''),"name") WHERE "agentrun_tokens"."kind" = 'api' and "agentrun_tokens"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_runs_profile_created_idx" ON "agentrun_runs" USING btree ("backend_profile","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_runs_task_created_idx" ON "agentrun_runs" USING btree ("task_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "agentrun_runs"."task_id" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_runs_failure_created_idx" ON "agentrun_runs" USING btree ("failure_kind","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "agentrun_runs"."failure_kind" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_runs_tenant_failed_idx" ON "agentrun_runs" USING btree ("tenant_id","created_at" DESC NULLS FIRST) WHERE "agentrun_runs"."status" = 'failed';