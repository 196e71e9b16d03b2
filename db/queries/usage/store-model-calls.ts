import { sql } from "drizzle-orm";
import type pg from "pg";
import type { ModelCallRow } from "@/db/schema";
import { withTransaction } from "@/db/transaction";

/**
 * Stores calls in one transaction, each once: a call that exists already is left as it is. Triggers update the sums. Of
 * a call whose run has gone meanwhile, only its share of the sums stays.
 */
export async function storeModelCalls(pool: pg.Pool, calls: readonly ModelCallRow[]): Promise<void> {
  const ids = calls.map(({ id }) => id);
  const rows = JSON.stringify(calls);
  await withTransaction(pool, async (tx) => {
    await tx.execute(sql`
      insert into agentrun_model_calls (id, tenant_id, project_id, run_id, session_id, task_id, backend_profile, model,
        started_at, first_byte_ms, duration_ms, outcome, failure_kind, reason, http_status, input_tokens,
        cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, currency)
      select * from jsonb_to_recordset(${rows}::jsonb) as call ("id" text, "tenantId" text, "projectId" text,
        "runId" text, "sessionId" text, "taskId" text, "backendProfile" text, "model" text, "startedAt" timestamptz,
        "firstByteMs" int, "durationMs" int, "outcome" text, "failureKind" text, "reason" text, "httpStatus" int,
        "inputTokens" int, "cachedInputTokens" int, "outputTokens" int, "reasoningTokens" int, "costMicros" bigint,
        "currency" text)
      on conflict (id) do nothing`);
    await tx.execute(sql`
      delete from agentrun_model_calls call
      where id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
        and not exists (select from agentrun_runs run where run.id = call.run_id)`);
  });
}
