ALTER TABLE "agentrun_schedules" ADD COLUMN "jitter_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_schedules" ADD COLUMN "starts_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_schedules" ADD COLUMN "ends_at" timestamp with time zone;