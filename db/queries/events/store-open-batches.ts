import type pg from "pg";
import { encodeTextArray, jsonbArray } from "@/db/queries/sql/binary-arrays";
import { type PreparedBatch, type Stored, toColumns, toStored } from "./append-events";

/**
 * Stores the batches whose run is open, held by their writer and locked by nobody else, and that are not stored yet;
 * nearly all batches are like this. For the others it decides nothing and returns null: `appendBatches` looks into them.
 * No two batches may belong to one run.
 */
export async function storeOpenBatches(pool: pg.Pool, batches: PreparedBatch[]): Promise<(Stored | null)[]> {
  const [singleBatch] = batches;
  const lastSeqs =
    singleBatch && batches.length === 1 ? [await storeOne(pool, singleBatch)] : await storeOneEach(pool, batches);
  return batches.map((batch, index) => {
    const lastSeq = lastSeqs[index];
    return lastSeq === undefined ? null : toStored(batch, lastSeq);
  });
}

/** Whether a run takes a batch of that epoch; the epoch is null for a batch written without a lease. */
const takes = (epoch: string) =>
  `case when ${epoch} is null then run.status in ('pending', 'claimed')
    else run.status = 'claimed' and run.lease_epoch = ${epoch} end`;

/**
 * Stores one run's batch in one statement, which is its own transaction: a lone caller pays one round trip and one
 * commit. The update waits for the run's lock and then judges the row as it is. If the batch was stored meanwhile, its
 * key is violated, and the caller looks again.
 */
const STORE_ONE = `
  with counted as (
    update agentrun_runs run set last_event_seq = last_event_seq + $2
    where id = $1 and ${takes("$3::int")}
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

/** Returns the run's last seq; undefined when the batch was not stored. */
async function storeOne(pool: pg.Pool, batch: PreparedBatch): Promise<number | undefined> {
  const { events } = batch;
  const { rows } = await pool.query<{ last_event_seq: number }>({
    name: "agentrun-store-one",
    text: STORE_ONE,
    values: [
      batch.runId,
      events.length,
      batch.leaseEpoch,
      batch.batchId,
      batch.contentHash,
      encodeTextArray(events.map((event) => event.id)),
      encodeTextArray(events.map((event) => event.type)),
      jsonbArray(events.map((event) => event.payload)),
      encodeTextArray(events.map((event) => event.at)),
    ],
  });
  return rows[0]?.last_event_seq;
}

/**
 * Stores a batch of each of several runs. `taken` locks the runs that are open for their batch and skips those that
 * others hold, so it waits for nobody and cannot deadlock, whatever the order. A run that changed while it was being
 * locked is checked again as it is.
 */
const STORE_ONE_EACH = `
  with taken as (
    select run.id, given.place, given.size, given.batch_id, given.hash
    from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[])
      with ordinality as given (run_id, epoch, batch_id, hash, size, place)
    join agentrun_runs run on run.id = given.run_id
    where ${takes("given.epoch")}
      -- Not "not exists", for which a planner may read all batches that there are into a table of its own.
      and (select known.batch_id from agentrun_event_batches known
        where known.run_id = given.run_id and known.batch_id = given.batch_id) is null
    for no key update of run skip locked
  ), counted as (
    update agentrun_runs run set last_event_seq = run.last_event_seq + taken.size
    from taken where run.id = taken.id
    returning run.id, taken.place::int, taken.batch_id, taken.hash, run.last_event_seq - taken.size as base,
      run.last_event_seq as last_seq
  ), batched as (
    insert into agentrun_event_batches (run_id, batch_id, content_hash, first_seq, last_seq)
    select id, batch_id, hash, base + 1, last_seq from counted where batch_id is not null
  ), stored as (
    insert into agentrun_events (id, run_id, seq, type, payload, created_at)
    select event.id, counted.id, base + event.offset_in_batch, event.type, event.payload,
      coalesce(least(event.at::timestamptz, now()), now())
    from unnest($6::int[], $7::int[], $8::text[], $9::text[], $10::jsonb[], $11::text[])
      as event (place, offset_in_batch, id, type, payload, at)
    join counted on counted.place = event.place
  )
  select place - 1 as index, last_seq from counted`;

/** Returns the runs' last seqs in the order of the batches; undefined where a batch was not stored. */
async function storeOneEach(pool: pg.Pool, batches: PreparedBatch[]): Promise<(number | undefined)[]> {
  const { rows } = await pool.query<{ index: number; last_seq: number }>({
    name: "agentrun-store-one-each",
    text: STORE_ONE_EACH,
    values: toColumns(batches),
  });
  const lastSeqs: (number | undefined)[] = new Array(batches.length).fill(undefined);
  for (const row of rows) lastSeqs[row.index] = row.last_seq;
  return lastSeqs;
}
