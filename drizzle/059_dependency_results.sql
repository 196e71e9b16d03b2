-- agentrun: outside a transaction
-- Whether a task's agent is told what the tasks that it comes after found out, and in which order they were said.
ALTER TABLE "agentrun_queue_dependencies" ADD COLUMN IF NOT EXISTS "place" integer;
--> statement-breakpoint
ALTER TABLE "agentrun_queue_tasks" ADD COLUMN IF NOT EXISTS "dependency_results" text;
