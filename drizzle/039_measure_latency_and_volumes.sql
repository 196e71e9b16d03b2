-- agentrun: outside a transaction
CREATE TABLE IF NOT EXISTS "agentrun_volume_sizes" (
	"session_id" text NOT NULL,
	"measured_at" timestamp with time zone NOT NULL,
	"size_bytes" bigint NOT NULL,
	"files_count" integer NOT NULL,
	CONSTRAINT "agentrun_volume_sizes_session_id_measured_at_pk" PRIMARY KEY("session_id","measured_at"),
	CONSTRAINT "agentrun_volume_sizes_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action
);
--> statement-breakpoint
-- What is still known of earlier: the archives that are kept, and the last measurement of each volume.
INSERT INTO "agentrun_volume_sizes" ("session_id", "measured_at", "size_bytes", "files_count")
	SELECT "session_id", date_trunc('second', "created_at"), "size_bytes", "files_count" FROM "agentrun_archive_manifests"
	ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO "agentrun_volume_sizes" ("session_id", "measured_at", "size_bytes", "files_count")
	SELECT "session_id", date_trunc('second', "storage_updated_at"), "storage_size_bytes", coalesce("storage_files_count", 0)
	FROM "agentrun_sessions" WHERE "storage_size_bytes" IS NOT NULL AND "storage_updated_at" IS NOT NULL
	ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO "agentrun_volume_sizes" ("session_id", "measured_at", "size_bytes", "files_count")
	SELECT "session_id", date_trunc('second', "storage_evicted_at"), 0, 0
	FROM "agentrun_sessions" WHERE "storage_kind" = 'evicted' AND "storage_evicted_at" IS NOT NULL
	ON CONFLICT DO NOTHING;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_model_calls_profile_idx" ON "agentrun_model_calls" USING btree ("backend_profile","started_at");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "agentrun_model_calls_tenant_profile_idx" ON "agentrun_model_calls" USING btree ("tenant_id","backend_profile","started_at");
