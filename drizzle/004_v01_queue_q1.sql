CREATE SEQUENCE "public"."agentrun_queue_version_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "agentrun_queue_tasks" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"title" text NOT NULL,
	"priority" integer NOT NULL,
	"state" text NOT NULL,
	"version" bigint NOT NULL,
	"backend_profile" text NOT NULL,
	"provider_id" text,
	"workspace_ref" jsonb,
	"execution_policy" jsonb,
	"resource_bundle_ref" jsonb,
	"payload" jsonb NOT NULL,
	"payload_hash" text NOT NULL,
	"references_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"idempotency_key" text,
	"latest_attempt" jsonb,
	"session_path" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"cancelled_at" timestamp with time zone,
	"cancel_reason" text
);--> statement-breakpoint
CREATE TABLE "agentrun_queue_read_cursors" (
	"task_id" text NOT NULL,
	"reader_id" text NOT NULL,
	"task_version" bigint NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agentrun_queue_read_cursors_task_id_reader_id_pk" PRIMARY KEY("task_id","reader_id")
);--> statement-breakpoint
ALTER TABLE "agentrun_queue_read_cursors" ADD CONSTRAINT "agentrun_queue_read_cursors_task_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_queue_tasks_idempotency_idx" ON "agentrun_queue_tasks" USING btree ("tenant_id","project_id","idempotency_key") WHERE "agentrun_queue_tasks"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_list_idx" ON "agentrun_queue_tasks" USING btree ("queue","state","version","priority","created_at");--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_updated_idx" ON "agentrun_queue_tasks" USING btree ("version","updated_at");
