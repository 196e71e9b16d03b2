ALTER TABLE "agentrun_backends" ADD COLUMN "disabled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_backends" ADD COLUMN "disabled_by" text;--> statement-breakpoint
ALTER TABLE "agentrun_backends" ADD COLUMN "disabled_reason" text;--> statement-breakpoint
ALTER TABLE "agentrun_backends" ADD COLUMN "probe" jsonb;