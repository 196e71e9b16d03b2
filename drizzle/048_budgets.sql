CREATE TABLE "agentrun_budget_periods" (
	"budget_id" text NOT NULL,
	"key" text NOT NULL,
	"session_id" text,
	"ends_at" timestamp with time zone,
	"spent" bigint DEFAULT 0 NOT NULL,
	"limit" bigint,
	"raised_to" bigint,
	"raised_by" text,
	"near_at" timestamp with time zone,
	"reached_at" timestamp with time zone,
	CONSTRAINT "agentrun_budget_periods_budget_id_key_pk" PRIMARY KEY("budget_id","key")
);
--> statement-breakpoint
CREATE TABLE "agentrun_budgets" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text,
	"backend_profile" text,
	"name" text NOT NULL,
	"period" text NOT NULL,
	"unit" text NOT NULL,
	"limit" bigint NOT NULL,
	"warn_percent" smallint,
	"action" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_budget_periods" ADD CONSTRAINT "agentrun_budget_periods_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_budget_periods" ADD CONSTRAINT "agentrun_budget_periods_budget_id_agentrun_budgets_id_fk" FOREIGN KEY ("budget_id") REFERENCES "public"."agentrun_budgets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_budget_periods_reached_idx" ON "agentrun_budget_periods" USING btree ("ends_at") WHERE "agentrun_budget_periods"."reached_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_budget_periods_near_idx" ON "agentrun_budget_periods" USING btree ("near_at") WHERE "agentrun_budget_periods"."near_at" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_budget_periods_session_idx" ON "agentrun_budget_periods" USING btree ("session_id") WHERE "agentrun_budget_periods"."session_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_budgets_name_idx" ON "agentrun_budgets" USING btree ("tenant_id","name");