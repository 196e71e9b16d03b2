CREATE TABLE "agentrun_usage_sessions" (
	"session_id" text NOT NULL,
	"currency" text NOT NULL,
	"calls" bigint NOT NULL,
	"input_tokens" bigint NOT NULL,
	"cached_input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"reasoning_tokens" bigint NOT NULL,
	"uncounted_calls" bigint NOT NULL,
	"unpriced_calls" bigint NOT NULL,
	"cost_micros" bigint NOT NULL,
	CONSTRAINT "agentrun_usage_sessions_pk" PRIMARY KEY("session_id","currency")
);
--> statement-breakpoint
ALTER TABLE "agentrun_usage_sessions" ADD CONSTRAINT "agentrun_usage_sessions_session_id_agentrun_sessions_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."agentrun_sessions"("session_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
-- Every call of a session changes one of these rows and no index: with room in its page the new version stays beside it.
ALTER TABLE agentrun_usage_sessions SET (fillfactor = 70);
--> statement-breakpoint
-- A session's sum follows in the transaction that stores its calls, after the days' (triggers go by their names), its rows
-- in one order. Nothing is taken out of it when calls are removed: a run's retention leaves what its session took, and a
-- session takes its sums along.
CREATE FUNCTION agentrun_sum_session_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_usage_sessions AS sums (session_id, currency, calls, input_tokens, cached_input_tokens,
		output_tokens, reasoning_tokens, uncounted_calls, unpriced_calls, cost_micros)
	SELECT session_id, coalesce(currency, ''),
		count(*),
		coalesce(sum(input_tokens), 0),
		coalesce(sum(cached_input_tokens), 0),
		coalesce(sum(output_tokens), 0),
		coalesce(sum(reasoning_tokens), 0),
		count(*) FILTER (WHERE outcome <> 'refused' AND (input_tokens IS NULL OR output_tokens IS NULL)),
		count(*) FILTER (WHERE cost_micros IS NULL AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL),
		coalesce(sum(cost_micros), 0)
	FROM changed
	GROUP BY 1, 2
	-- Looked up one by one, whatever plan is kept. A run may name a session that is not there.
	HAVING (SELECT true FROM agentrun_sessions session WHERE session.session_id = changed.session_id)
	ORDER BY 1, 2
	ON CONFLICT (session_id, currency) DO UPDATE SET
		calls = sums.calls + excluded.calls,
		input_tokens = sums.input_tokens + excluded.input_tokens,
		cached_input_tokens = sums.cached_input_tokens + excluded.cached_input_tokens,
		output_tokens = sums.output_tokens + excluded.output_tokens,
		reasoning_tokens = sums.reasoning_tokens + excluded.reasoning_tokens,
		uncounted_calls = sums.uncounted_calls + excluded.uncounted_calls,
		unpriced_calls = sums.unpriced_calls + excluded.unpriced_calls,
		cost_micros = sums.cost_micros + excluded.cost_micros;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Who stores calls waits until this has ended, so that none is missed or counted twice.
CREATE TRIGGER agentrun_model_calls_sum_sessions AFTER INSERT ON agentrun_model_calls
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agentrun_sum_session_calls();
--> statement-breakpoint
INSERT INTO agentrun_usage_sessions (session_id, currency, calls, input_tokens, cached_input_tokens, output_tokens,
	reasoning_tokens, uncounted_calls, unpriced_calls, cost_micros)
SELECT session_id, coalesce(currency, ''), count(*), coalesce(sum(input_tokens), 0), coalesce(sum(cached_input_tokens), 0),
	coalesce(sum(output_tokens), 0), coalesce(sum(reasoning_tokens), 0),
	count(*) FILTER (WHERE outcome <> 'refused' AND (input_tokens IS NULL OR output_tokens IS NULL)),
	count(*) FILTER (WHERE cost_micros IS NULL AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL),
	coalesce(sum(cost_micros), 0)
FROM agentrun_model_calls
WHERE session_id IN (SELECT session_id FROM agentrun_sessions)
GROUP BY 1, 2;
