CREATE TABLE "agentrun_queue_lanes_served" (
	"tenant_id" text NOT NULL,
	"queue" text NOT NULL,
	"lane" text NOT NULL,
	"served_at" timestamp with time zone NOT NULL,
	CONSTRAINT "agentrun_queue_lanes_served_tenant_id_queue_lane_pk" PRIMARY KEY("tenant_id","queue","lane")
);
--> statement-breakpoint
CREATE INDEX "agentrun_queue_tasks_session_idx" ON "agentrun_queue_tasks" USING btree ("session_id") WHERE "agentrun_queue_tasks"."session_id" is not null and "agentrun_queue_tasks"."state" in ('pending', 'dispatched', 'running');