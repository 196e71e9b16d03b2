import { expect, test } from "vitest";
import { migrate, readMigrations } from "./migrate";
import { createEmptyDatabase } from "./test/database";

test("the migration adds calls stored before to their sessions' sums", async () => {
  await using database = await createEmptyDatabase();
  const all = readMigrations();
  const sums = all.findIndex(({ id }) => id.endsWith("sum_calls_of_sessions"));
  await migrate(database.url, all.slice(0, sums));
  const client = await database.connect();
  await client.query(`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile) values ('ses_a', 't', 'p', 'codex');
    insert into agentrun_runs (id, tenant_id, project_id, provider_id, backend_profile, workspace_ref, execution_policy,
      status) values ('run_a', 't', 'p', 'v', 'codex', '{}', '{}', 'completed');
    insert into agentrun_model_calls (id, tenant_id, project_id, run_id, session_id, backend_profile, model, started_at,
        duration_ms, outcome, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, currency)
      values ('mc_1', 't', 'p', 'run_a', 'ses_a', 'codex', 'm', now(), 5, 'ok', 100, 40, 10, 4, 7, 'USD'),
        ('mc_2', 't', 'p', 'run_a', 'ses_a', 'codex', 'm', now(), 5, 'ok', 50, null, 5, null, 3, 'USD'),
        ('mc_3', 't', 'p', 'run_a', 'ses_a', 'codex', 'm', now(), 5, 'failed', null, null, null, null, null, null),
        ('mc_4', 't', 'p', 'run_a', 'ses_a', 'codex', 'm', now(), 5, 'ok', 1, 0, 1, 0, null, null),
        ('mc_5', 't', 'p', 'run_a', 'ses_gone', 'codex', 'm', now(), 5, 'ok', 1, 0, 1, 0, null, null),
        ('mc_6', 't', 'p', 'run_a', null, 'codex', 'm', now(), 5, 'ok', 1, 0, 1, 0, null, null)`);

  await migrate(database.url);
  const { rows } = await client.query("select * from agentrun_usage_sessions order by currency");
  expect(rows).toMatchObject([
    { session_id: "ses_a", currency: "", calls: "2", input_tokens: "1", uncounted_calls: "1", unpriced_calls: "1" },
    {
      ...{ session_id: "ses_a", currency: "USD", calls: "2", input_tokens: "150", cached_input_tokens: "40" },
      ...{ output_tokens: "15", reasoning_tokens: "4", uncounted_calls: "0", unpriced_calls: "0", cost_micros: "10" },
    },
  ]);
});
