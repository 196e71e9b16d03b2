-- agentrun: outside a transaction
-- What a project has spent is read by the day without what others of its tenant have.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_usage_days_project_idx" ON "agentrun_usage_days" USING btree ("tenant_id","project_id","day");
