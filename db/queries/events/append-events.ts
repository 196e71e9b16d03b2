import type pg from "pg";
import type { RunStatus } from "@/contract/run";
import { encodeTextArray, int4Array, jsonbArray } from "@/db/queries/sql/binary-arrays";

export type PreparedEvent = { id: string; type: string; payload: string; at: string | null };
export type PreparedBatch = {
  runId: string;
  /** null: written without a lease. */
  leaseEpoch: number | null;
  batchId: string | null;
  contentHash: string;
  events: PreparedEvent[];
  /** Characters of the payloads' JSON, to bound a flush and what waits; each takes one or two bytes of memory. */
  chars: number;
};

/** The result for one batch. */
export type AppendResult = Stored | Replayed | Refused;
export type StoredItem = { id: string; seq: number };
export type Stored = { kind: "stored"; items: StoredItem[]; lastSeq: number };
/** The batch was stored before, as the run's events from `firstSeq` to `lastSeq`. */
export type Replayed = { kind: "replayed"; firstSeq: number; lastSeq: number };
export type Refused =
  | { kind: "terminal"; status: RunStatus; failureKind: string | null }
  | { kind: "missing" }
  | { kind: "lease-lost" }
  | { kind: "conflict" };

/**
 * Stores batches of several runs in one statement, which is its own transaction. `locked` takes the runs in id order,
 * skips those that others hold, and returns the rows as they are once locked; everything is judged by these. Only the
 * look for a known batch may be outdated: when another process stored the batch in between, its key is violated, the
 * whole statement is undone, and the caller looks again.
 */
const APPEND = `
  with given as (
    select * from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[])
      with ordinality as batch (run_id, epoch, batch_id, hash, size, place)
  ), locked as (
    select id, status, failure_kind, lease_epoch, last_event_seq from agentrun_runs
    where id = any ($1) order by id for no key update skip locked
  ), judged as (
    select given.*, locked.status, locked.failure_kind, locked.last_event_seq, known.first_seq, known.last_seq,
      case
        when locked.id is null then
          case when exists (select from agentrun_runs where id = given.run_id) then 'busy' else 'missing' end
        when given.epoch <> locked.lease_epoch then 'lease-lost'
        when known.content_hash = given.hash then 'replayed'
        when known.content_hash is not null then 'conflict'
        when locked.status not in ('pending', 'claimed') then 'terminal'
        when given.epoch is not null and locked.status <> 'claimed' then 'lease-lost'
        else 'stored'
      end as verdict
    from given
    left join locked on locked.id = given.run_id
    left join agentrun_event_batches known on known.run_id = given.run_id and known.batch_id = given.batch_id
  ), placed as (
    select *, last_event_seq + sum(case when verdict = 'stored' then size else 0 end)
      over (partition by run_id order by place) as upto
    from judged
  ), counted as (
    update agentrun_runs run set last_event_seq = total.upto
    from (select run_id, max(upto) as upto from placed where verdict = 'stored' group by run_id) total
    where run.id = total.run_id
  ), batched as (
    insert into agentrun_event_batches (run_id, batch_id, content_hash, first_seq, last_seq)
    select run_id, batch_id, hash, upto - size + 1, upto from placed where verdict = 'stored' and batch_id is not null
  ), bases as (
    select array_agg(case when verdict = 'stored' then (upto - size)::int else -1 end order by place) as base from placed
  ), stored as (
    insert into agentrun_events (id, run_id, seq, type, payload, created_at)
    select event.id, ($1::text[])[event.place], base[event.place] + event.offset_in_batch, event.type, event.payload,
      coalesce(least(event.at::timestamptz, now()), now())
    from bases, unnest($6::int[], $7::int[], $8::text[], $9::text[], $10::jsonb[], $11::text[])
      as event (place, offset_in_batch, id, type, payload, at)
    where base[event.place] >= 0
  )
  select verdict, upto::int, first_seq, last_seq, status, failure_kind from placed order by place`;

type Row = {
  verdict: AppendResult["kind"] | "busy";
  upto: number | null;
  first_seq: number | null;
  last_seq: number | null;
  status: RunStatus;
  failure_kind: string | null;
};

/**
 * Stores whatever can be stored of any batches, also of several of one run. Returns a verdict for each, in the order
 * given; null: somebody else held the lock of its run, and nothing was decided.
 */
export async function appendBatches(pool: pg.Pool, batches: PreparedBatch[]): Promise<(AppendResult | null)[]> {
  const { rows } = await pool.query<Row>({
    name: "agentrun-append",
    text: APPEND,
    values: toColumns(batches),
  });
  return batches.map((batch, index) => toResult(batch, rows[index]));
}

/**
 * Returns batches and their events as columns: run, epoch, batch id, hash and size; then the events' batch, place, id,
 * type ...
 */
export function toColumns(batches: PreparedBatch[]): Buffer[] {
  const events = batches.flatMap((batch, index) => batch.events.map((event, place) => ({ event, index, place })));
  return [
    encodeTextArray(batches.map((batch) => batch.runId)),
    int4Array(batches.map((batch) => batch.leaseEpoch)),
    encodeTextArray(batches.map((batch) => batch.batchId)),
    encodeTextArray(batches.map((batch) => batch.contentHash)),
    int4Array(batches.map((batch) => batch.events.length)),
    int4Array(events.map((row) => row.index + 1)),
    int4Array(events.map((row) => row.place + 1)),
    encodeTextArray(events.map((row) => row.event.id)),
    encodeTextArray(events.map((row) => row.event.type)),
    jsonbArray(events.map((row) => row.event.payload)),
    encodeTextArray(events.map((row) => row.event.at)),
  ];
}

/** Returns the answer for a batch that was stored as the last one of its run. */
export function toStored(batch: PreparedBatch, lastSeq: number): Stored {
  const firstSeq = lastSeq - batch.events.length + 1;
  return {
    kind: "stored",
    items: batch.events.map((event, index) => ({ id: event.id, seq: firstSeq + index })),
    lastSeq,
  };
}

function toResult(batch: PreparedBatch, row: Row | undefined): AppendResult | null {
  if (!row) throw new Error(`a batch of run ${batch.runId} was not judged`);
  switch (row.verdict) {
    case "stored":
      return toStored(batch, row.upto ?? 0);
    case "replayed":
      return { kind: "replayed", firstSeq: row.first_seq ?? 1, lastSeq: row.last_seq ?? 0 };
    case "terminal":
      return { kind: "terminal", status: row.status, failureKind: row.failure_kind };
    case "busy":
      return null;
    case "missing":
    case "lease-lost":
    case "conflict":
      return { kind: row.verdict };
    default:
      return row.verdict satisfies never;
  }
}

/** Reads the answer for a replay: the ids of the stored events, not those that the retry brought. */
export async function readStored(
  pool: pg.Pool,
  runId: string,
  { firstSeq, lastSeq }: Pick<Replayed, "firstSeq" | "lastSeq">,
): Promise<StoredItem[]> {
  const { rows } = await pool.query<StoredItem>(
    "select id, seq from agentrun_events where run_id = $1 and seq between $2 and $3 order by seq",
    [runId, firstSeq, lastSeq],
  );
  return rows;
}
