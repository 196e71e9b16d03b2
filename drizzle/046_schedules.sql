CREATE TABLE "agentrun_schedule_firings" (
	"schedule_id" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"fired_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"outcome" text NOT NULL,
	"is_manual" boolean DEFAULT false NOT NULL,
	"missed" integer DEFAULT 0 NOT NULL,
	"message" text,
	"holder_task_id" text,
	"task_id" text,
	CONSTRAINT "agentrun_schedule_firings_schedule_id_due_at_pk" PRIMARY KEY("schedule_id","due_at")
);
--> statement-breakpoint
CREATE TABLE "agentrun_schedules" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"name" text NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"overlap" text NOT NULL,
	"catch_up_ms" bigint NOT NULL,
	"is_paused" boolean DEFAULT false NOT NULL,
	"task" jsonb NOT NULL,
	"next_at" timestamp with time zone,
	"last_due_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agentrun_schedule_firings" ADD CONSTRAINT "agentrun_schedule_firings_schedule_id_agentrun_schedules_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "public"."agentrun_schedules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_schedule_firings_tasks_idx" ON "agentrun_schedule_firings" USING btree ("schedule_id","due_at" DESC NULLS FIRST) WHERE "agentrun_schedule_firings"."task_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_schedules_name_idx" ON "agentrun_schedules" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "agentrun_schedules_due_idx" ON "agentrun_schedules" USING btree ("next_at") WHERE "agentrun_schedules"."next_at" is not null;