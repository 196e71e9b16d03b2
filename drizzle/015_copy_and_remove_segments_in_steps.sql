ALTER TABLE "agentrun_archive_manifests" ADD COLUMN "superseded_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_archive_manifests" ADD COLUMN "copied_from" text;--> statement-breakpoint
ALTER TABLE "agentrun_archive_segments" ADD COLUMN "removing_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "agentrun_archive_manifests_superseded_idx" ON "agentrun_archive_manifests" USING btree ("superseded_at") WHERE "agentrun_archive_manifests"."superseded_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_archive_manifests_copied_idx" ON "agentrun_archive_manifests" USING btree ("copied_from") WHERE "agentrun_archive_manifests"."copied_from" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_archive_segments_removing_idx" ON "agentrun_archive_segments" USING btree ("removing_at") WHERE "agentrun_archive_segments"."removing_at" is not null;--> statement-breakpoint
UPDATE agentrun_archive_manifests manifest SET superseded_at = now()
FROM agentrun_sessions session
WHERE session.session_id = manifest.session_id AND session.archive_manifest_id <> manifest.id;
