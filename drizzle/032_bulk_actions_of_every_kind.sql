ALTER TABLE "agentrun_queue_bulk_actions" RENAME TO "agentrun_bulk_actions";--> statement-breakpoint
ALTER TABLE "agentrun_queue_bulk_results" RENAME TO "agentrun_bulk_results";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" RENAME CONSTRAINT "agentrun_queue_bulk_actions_pkey" TO "agentrun_bulk_actions_pkey";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_results" RENAME CONSTRAINT "agentrun_queue_bulk_results_bulk_id_place_pk" TO "agentrun_bulk_results_bulk_id_place_pk";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_results" RENAME CONSTRAINT "agentrun_queue_bulk_results_bulk_id_agentrun_queue_bulk_actions" TO "agentrun_bulk_results_bulk_id_agentrun_bulk_actions_id_fk";--> statement-breakpoint
ALTER INDEX "agentrun_queue_bulk_actions_created_idx" RENAME TO "agentrun_bulk_actions_created_idx";--> statement-breakpoint
ALTER INDEX "agentrun_queue_bulk_actions_open_idx" RENAME TO "agentrun_bulk_actions_open_idx";--> statement-breakpoint
ALTER INDEX "agentrun_queue_bulk_results_open_idx" RENAME TO "agentrun_bulk_results_open_idx";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_results" RENAME COLUMN "task_id" TO "target_id";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_results" ADD COLUMN "made_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_results" ADD COLUMN "before" text;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ADD COLUMN "kind" text DEFAULT 'task' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ALTER COLUMN "kind" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ADD COLUMN "params" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ADD COLUMN "source_id" text;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ADD COLUMN "payload_hash" text;--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" ALTER COLUMN "filter" DROP NOT NULL;--> statement-breakpoint
UPDATE "agentrun_bulk_actions" SET
	"params" = jsonb_strip_nulls(jsonb_build_object('priority', "priority", 'queue', "queue", 'lane', "lane")),
	"filter" = nullif("filter" - 'taskIds', '{}'::jsonb);--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" DROP COLUMN "priority";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" DROP COLUMN "queue";--> statement-breakpoint
ALTER TABLE "agentrun_bulk_actions" DROP COLUMN "lane";--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_bulk_actions_key_idx" ON "agentrun_bulk_actions" USING btree (coalesce("tenant_id", ''),"idempotency_key") WHERE "agentrun_bulk_actions"."idempotency_key" is not null;
