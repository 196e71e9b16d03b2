CREATE TABLE "agentrun_model_calls" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"run_id" text NOT NULL,
	"session_id" text,
	"task_id" text,
	"backend_profile" text NOT NULL,
	"model" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"first_byte_ms" integer,
	"duration_ms" integer NOT NULL,
	"outcome" text NOT NULL,
	"failure_kind" text,
	"reason" text,
	"http_status" integer,
	"input_tokens" integer,
	"cached_input_tokens" integer,
	"output_tokens" integer,
	"reasoning_tokens" integer,
	"cost_micros" bigint,
	"currency" text
);
--> statement-breakpoint
CREATE TABLE "agentrun_usage_days" (
	"day" date NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"backend_profile" text NOT NULL,
	"model" text NOT NULL,
	"currency" text NOT NULL,
	"part" smallint NOT NULL,
	"calls" bigint NOT NULL,
	"ok" bigint NOT NULL,
	"refused" bigint NOT NULL,
	"failed" bigint NOT NULL,
	"aborted" bigint NOT NULL,
	"input_tokens" bigint NOT NULL,
	"cached_input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"reasoning_tokens" bigint NOT NULL,
	"uncounted_calls" bigint NOT NULL,
	"unpriced_calls" bigint NOT NULL,
	"cost_micros" bigint NOT NULL,
	CONSTRAINT "agentrun_usage_days_pk" PRIMARY KEY("day","tenant_id","project_id","backend_profile","model","currency","part")
);
--> statement-breakpoint
-- Checked at the commit: a call whose run has gone is stored, summed and taken out in one transaction.
ALTER TABLE "agentrun_model_calls" ADD CONSTRAINT "agentrun_model_calls_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action DEFERRABLE INITIALLY DEFERRED;--> statement-breakpoint
CREATE INDEX "agentrun_model_calls_started_idx" ON "agentrun_model_calls" USING btree ("started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_model_calls_tenant_idx" ON "agentrun_model_calls" USING btree ("tenant_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_model_calls_run_idx" ON "agentrun_model_calls" USING btree ("run_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_model_calls_session_idx" ON "agentrun_model_calls" USING btree ("session_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_model_calls_task_idx" ON "agentrun_model_calls" USING btree ("task_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "agentrun_usage_days_tenant_idx" ON "agentrun_usage_days" USING btree ("tenant_id","day");
--> statement-breakpoint
-- A call is summed in the transaction that stores it. By a trigger, so that no writer can forget it. Backends write
-- parts of their own, so that they seldom wait for each other; what goes with its run moves from part 0 to part -1, so
-- that a day's whole sum stays.
CREATE FUNCTION agentrun_sum_model_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_usage_days AS days (day, tenant_id, project_id, backend_profile, model, currency, part,
		calls, ok, refused, failed, aborted, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
		uncounted_calls, unpriced_calls, cost_micros)
	SELECT (started_at AT TIME ZONE 'UTC')::date, tenant_id, project_id, backend_profile, model, coalesce(currency, ''), part,
		sign * count(*),
		sign * count(*) FILTER (WHERE outcome = 'ok'),
		sign * count(*) FILTER (WHERE outcome = 'refused'),
		sign * count(*) FILTER (WHERE outcome = 'failed'),
		sign * count(*) FILTER (WHERE outcome = 'aborted'),
		sign * coalesce(sum(input_tokens), 0),
		sign * coalesce(sum(cached_input_tokens), 0),
		sign * coalesce(sum(output_tokens), 0),
		sign * coalesce(sum(reasoning_tokens), 0),
		sign * count(*) FILTER (WHERE outcome <> 'refused' AND (input_tokens IS NULL OR output_tokens IS NULL)),
		sign * count(*) FILTER (WHERE cost_micros IS NULL AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL),
		sign * coalesce(sum(cost_micros), 0)
	FROM changed JOIN (VALUES
		('INSERT', 1 + pg_backend_pid() % 8, 1),
		('DELETE', 0, -1),
		('DELETE', -1, 1)
	) AS place (operation, part, sign) ON operation = TG_OP
	GROUP BY 1, 2, 3, 4, 5, 6, 7, sign
	ORDER BY 1, 2, 3, 4, 5, 6, 7
	ON CONFLICT (day, tenant_id, project_id, backend_profile, model, currency, part) DO UPDATE SET
		calls = days.calls + excluded.calls,
		ok = days.ok + excluded.ok,
		refused = days.refused + excluded.refused,
		failed = days.failed + excluded.failed,
		aborted = days.aborted + excluded.aborted,
		input_tokens = days.input_tokens + excluded.input_tokens,
		cached_input_tokens = days.cached_input_tokens + excluded.cached_input_tokens,
		output_tokens = days.output_tokens + excluded.output_tokens,
		reasoning_tokens = days.reasoning_tokens + excluded.reasoning_tokens,
		uncounted_calls = days.uncounted_calls + excluded.uncounted_calls,
		unpriced_calls = days.unpriced_calls + excluded.unpriced_calls,
		cost_micros = days.cost_micros + excluded.cost_micros;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_model_calls_sum_added AFTER INSERT ON agentrun_model_calls
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agentrun_sum_model_calls();
--> statement-breakpoint
CREATE TRIGGER agentrun_model_calls_sum_removed AFTER DELETE ON agentrun_model_calls
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agentrun_sum_model_calls();
--> statement-breakpoint
CREATE TRIGGER agentrun_model_calls_stay BEFORE UPDATE ON agentrun_model_calls
FOR EACH STATEMENT EXECUTE FUNCTION agentrun_refuse_update('what a row tells');
