CREATE TABLE "agentrun_runner_minutes" (
	"minute" timestamp with time zone NOT NULL,
	"tenant_id" text NOT NULL,
	"alive" integer NOT NULL,
	"busy" integer NOT NULL,
	"silent" integer NOT NULL,
	"capacity" integer NOT NULL,
	"trip_p50_ms" integer,
	"trip_p95_ms" integer,
	CONSTRAINT "agentrun_runner_minutes_tenant_id_minute_pk" PRIMARY KEY("tenant_id","minute")
);
--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "protocol_version" integer;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "lease_epoch" integer;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "lease_ms" integer;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "beat_gaps" smallint[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "beat_trips" smallint[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "beat_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "cpu_percent" integer;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "rss_bytes" bigint;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "drain" jsonb;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "kill" jsonb;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "end_kind" text;--> statement-breakpoint
ALTER TABLE "agentrun_runners" ADD COLUMN "end_message" text;--> statement-breakpoint
CREATE INDEX "agentrun_runners_living_idx" ON "agentrun_runners" USING btree ("registered_at","id") WHERE "agentrun_runners"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "agentrun_runners_listed_idx" ON "agentrun_runners" USING btree ("registered_at","id");--> statement-breakpoint
CREATE INDEX "agentrun_runners_tenant_idx" ON "agentrun_runners" USING btree ("tenant_id","registered_at","id");--> statement-breakpoint
CREATE INDEX "agentrun_runners_kill_idx" ON "agentrun_runners" USING btree ("id") WHERE "agentrun_runners"."kill" is not null and "agentrun_runners"."ended_at" is null;--> statement-breakpoint
-- Those that hold their run live on; of the others nobody knows more than when they were last heard of.
UPDATE agentrun_runners runner SET lease_epoch = run.lease_epoch, lease_ms = lease.lease_ms
FROM agentrun_runs run JOIN agentrun_leases lease ON lease.run_id = run.id
WHERE run.id = runner.run_id AND run.status = 'claimed' AND run.claimed_by = runner.id AND lease.runner_id = runner.id;
--> statement-breakpoint
UPDATE agentrun_runners SET ended_at = heartbeat_at, end_kind = 'finished' WHERE lease_epoch IS NULL;
