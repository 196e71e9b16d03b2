CREATE TABLE "agentrun_saved_views" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text,
	"owner" text NOT NULL,
	"page" text NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"is_shared" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_saved_views_name_idx" ON "agentrun_saved_views" USING btree (coalesce("tenant_id", ''),"owner","page","name");--> statement-breakpoint
CREATE INDEX "agentrun_saved_views_shared_idx" ON "agentrun_saved_views" USING btree (coalesce("tenant_id", ''),"created_at","id") WHERE "agentrun_saved_views"."is_shared";