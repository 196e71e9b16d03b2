ALTER TABLE "agentrun_runners" ADD COLUMN "tenant_id" text;
--> statement-breakpoint
UPDATE agentrun_runners runner SET tenant_id = run.tenant_id FROM agentrun_runs run WHERE run.id = runner.run_id;
