CREATE TABLE "agentrun_installation" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_orphan_jobs" (
	"uid" text PRIMARY KEY NOT NULL,
	"attempt_id" text NOT NULL,
	"name" text NOT NULL,
	"why" text NOT NULL,
	"looks" integer DEFAULT 1 NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "agentrun_orphan_jobs_open_idx" ON "agentrun_orphan_jobs" USING btree ("first_seen_at") WHERE "agentrun_orphan_jobs"."ended_at" is null;--> statement-breakpoint
INSERT INTO "agentrun_installation" ("id") VALUES (gen_random_uuid()::text);
