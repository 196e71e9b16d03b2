ALTER TABLE "agentrun_sessions"
	ADD COLUMN "storage_kind" text DEFAULT 'none' NOT NULL,
	ADD COLUMN "storage_pvc_name" text,
	ADD COLUMN "storage_namespace" text,
	ADD COLUMN "storage_size_bytes" bigint,
	ADD COLUMN "storage_files_count" integer,
	ADD COLUMN "storage_sha256" text,
	ADD COLUMN "storage_updated_at" timestamp with time zone,
	ADD COLUMN "codex_rollout_subdir" text DEFAULT 'sessions' NOT NULL,
	ADD COLUMN "storage_pvc_phase" text,
	ADD COLUMN "storage_evicted_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_storage_pvc_idx" ON "agentrun_sessions" USING btree ("storage_pvc_name") WHERE "agentrun_sessions"."storage_pvc_name" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_sessions_storage_kind_idx" ON "agentrun_sessions" USING btree ("storage_kind","expires_at");
