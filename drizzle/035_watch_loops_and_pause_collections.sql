CREATE TABLE "agentrun_storage_gc_pause" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"reason" text NOT NULL,
	"paused_by" text NOT NULL,
	"paused_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agentrun_loops" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"version" text NOT NULL,
	"interval_ms" integer NOT NULL,
	"passed_at" timestamp with time zone,
	"took_ms" integer,
	"began_at" timestamp with time zone,
	"failures" integer NOT NULL,
	"failure" text,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_sessions" ADD COLUMN "storage_capacity_bytes" bigint;