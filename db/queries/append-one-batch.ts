import type pg from "pg";
import { flushBatches, type PreparedBatch, type Verdict } from "./append-events";
import { jsonbArray, textArray } from "./binary-arrays";

/**
 * Stores one run's batch in one statement, which is its own transaction: what a lone caller pays is one round trip and
 * one commit. The update waits for the run's lock and then judges the row as it is; a batch id that was stored
 * meanwhile violates its key, and the caller looks again. Whatever this does not take is judged by the slower way.
 */
const APPEND_ONE = `
  with counted as (
    update agentrun_runs set last_event_seq = last_event_seq + $2
    where id = $1
      and case when $3::int is null then status in ('pending', 'claimed') else status = 'claimed' and lease_epoch = $3 end
      and ($4::text is null or not exists (select from agentrun_event_batches where run_id = $1 and batch_id = $4))
    returning last_event_seq
  ), batched as (
    insert into agentrun_event_batches (run_id, batch_id, content_hash, first_seq, last_seq)
    select $1, $4, $5, last_event_seq - $2 + 1, last_event_seq from counted where $4::text is not null
  ), stored as (
    insert into agentrun_events (id, run_id, seq, type, payload, created_at)
    select event.id, $1, last_event_seq - $2 + event.place::int, event.type, event.payload,
      coalesce(least(event.at::timestamptz, now()), now())
    from counted, unnest($6::text[], $7::text[], $8::jsonb[], $9::text[]) with ordinality
      as event (id, type, payload, at, place)
  )
  select last_event_seq from counted`;

export async function appendOneBatch(pool: pg.Pool, batch: PreparedBatch): Promise<Verdict> {
  const { events } = batch;
  const { rows } = await pool.query<{ last_event_seq: number }>({
    name: "agentrun-append-one",
    text: APPEND_ONE,
    values: [
      batch.runId,
      events.length,
      batch.leaseEpoch,
      batch.batchId,
      batch.contentHash,
      textArray(events.map((event) => event.id)),
      textArray(events.map((event) => event.type)),
      jsonbArray(events.map((event) => event.payload)),
      textArray(events.map((event) => event.at)),
    ],
  });
  const [counted] = rows;
  if (!counted) {
    const [verdict] = await flushBatches(pool, [batch]);
    return verdict ?? { kind: "busy" };
  }
  const lastSeq = counted.last_event_seq;
  const firstSeq = lastSeq - events.length + 1;
  return { kind: "stored", items: events.map((event, index) => ({ id: event.id, seq: firstSeq + index })), lastSeq };
}
