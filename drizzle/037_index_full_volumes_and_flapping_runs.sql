-- agentrun: outside a transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_sessions_full_idx" ON "agentrun_sessions" USING btree ("session_id") WHERE "agentrun_sessions"."storage_kind" = 'pvc' and "agentrun_sessions"."storage_size_bytes" * 5 > "agentrun_sessions"."storage_capacity_bytes" * 4;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_runs_flapping_idx" ON "agentrun_runs" USING btree ("attempt_count") WHERE "agentrun_runs"."status" in ('claimed', 'pending') and "agentrun_runs"."attempt_count" >= 3;