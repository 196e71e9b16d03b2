import { and, between, eq, inArray, sql } from "drizzle-orm";
import type pg from "pg";
import { isTerminal, type RunStatus } from "@/contract/run";
import type { Tx } from "@/db/client";
import { eventBatches, events, runs } from "@/db/schema";
import { withTransaction } from "@/db/transaction";

export type PreparedEvent = { id: string; type: string; payload: string; at: string | null };
export type PreparedBatch = {
  runId: string;
  /** null: written without a lease. */
  leaseEpoch: number | null;
  batchId: string | null;
  contentHash: string;
  events: PreparedEvent[];
  /** Length of the payloads' JSON, to bound a flush. */
  bytes: number;
};

/** What became of one batch. `busy`: its run was locked by somebody else, and nothing was decided. */
export type Verdict = Taken | Refused | { kind: "busy" };
type Stored = { items: { id: string; seq: number }[]; lastSeq: number };
export type Taken = ({ kind: "stored" } & Stored) | ({ kind: "replayed" } & Stored);
export type Refused =
  | { kind: "terminal"; status: RunStatus; failureKind: string | null }
  | { kind: "missing" }
  | { kind: "lease-lost" }
  | { kind: "conflict" };

type LockedRun = {
  id: string;
  status: RunStatus;
  failureKind: string | null;
  leaseEpoch: number;
  lastEventSeq: number;
};
type KnownBatch = { runId: string; batchId: string; contentHash: string; firstSeq: number; lastSeq: number };

/**
 * Stores batches of several runs in one transaction. Their runs are locked in id order, and those that others hold are
 * left for the next flush; what is judged afterwards is read by a later statement, whose snapshot holds all that the
 * locks waited for.
 */
export function flushBatches(pool: pg.Pool, batches: PreparedBatch[]): Promise<Verdict[]> {
  return withTransaction(pool, async (tx) => {
    const locked = await lockRuns(tx, batches);
    const known = await knownBatches(tx, batches);
    const missing = await missingRuns(tx, batches, locked);
    const verdicts = batches.map((batch) => judge(batch, { locked, known, missing }));
    await insert(tx, batches, verdicts, locked);
    await nameReplayed(tx, batches, verdicts);
    return verdicts;
  });
}

async function lockRuns(tx: Tx, batches: PreparedBatch[]): Promise<Map<string, LockedRun>> {
  const ids = [...new Set(batches.map((batch) => batch.runId))];
  const rows = await tx
    .select({
      id: runs.id,
      status: runs.status,
      failureKind: runs.failureKind,
      leaseEpoch: runs.leaseEpoch,
      lastEventSeq: runs.lastEventSeq,
    })
    .from(runs)
    .where(inArray(runs.id, ids))
    .orderBy(runs.id)
    .for("no key update", { skipLocked: true });
  return new Map(rows.map((row) => [row.id, row]));
}

async function knownBatches(tx: Tx, batches: PreparedBatch[]): Promise<Map<string, KnownBatch>> {
  const named = batches.filter((batch) => batch.batchId !== null);
  if (named.length === 0) return new Map();
  const runIds = sql.param(named.map((batch) => batch.runId));
  const batchIds = sql.param(named.map((batch) => batch.batchId));
  const rows = await tx
    .select()
    .from(eventBatches)
    .where(
      sql`(${eventBatches.runId}, ${eventBatches.batchId}) in (select * from unnest(${runIds}::text[], ${batchIds}::text[]))`,
    );
  return new Map(rows.map((row) => [batchKey(row.runId, row.batchId), row]));
}

/** Of the runs that were not locked: those that do not exist, as opposed to those that somebody else holds. */
async function missingRuns(tx: Tx, batches: PreparedBatch[], locked: Map<string, LockedRun>): Promise<Set<string>> {
  const open = [...new Set(batches.map((batch) => batch.runId))].filter((id) => !locked.has(id));
  if (open.length === 0) return new Set();
  const found = await tx.select({ id: runs.id }).from(runs).where(inArray(runs.id, open));
  return new Set(open.filter((id) => !found.some((row) => row.id === id)));
}

/** Judges one batch and, when it is taken, advances its run's counter for those that follow. */
function judge(
  batch: PreparedBatch,
  seen: { locked: Map<string, LockedRun>; known: Map<string, KnownBatch>; missing: Set<string> },
): Verdict {
  const run = seen.locked.get(batch.runId);
  if (!run) return { kind: seen.missing.has(batch.runId) ? "missing" : "busy" };
  const stored = batch.batchId === null ? undefined : seen.known.get(batchKey(batch.runId, batch.batchId));
  if (batch.leaseEpoch !== null && batch.leaseEpoch !== run.leaseEpoch) return { kind: "lease-lost" };
  if (stored) return replay(batch, stored);
  if (isTerminal(run.status)) return { kind: "terminal", status: run.status, failureKind: run.failureKind };
  if (batch.leaseEpoch !== null && run.status !== "claimed") return { kind: "lease-lost" };
  const firstSeq = run.lastEventSeq + 1;
  run.lastEventSeq += batch.events.length;
  return {
    kind: "stored",
    items: batch.events.map((event, index) => ({ id: event.id, seq: firstSeq + index })),
    lastSeq: run.lastEventSeq,
  };
}

/** The seqs that the first one had; its events' ids are filled in by `nameReplayed`. */
function replay(batch: PreparedBatch, stored: KnownBatch): Verdict {
  if (stored.contentHash !== batch.contentHash) return { kind: "conflict" };
  const items = batch.events.map((event, index) => ({ id: event.id, seq: stored.firstSeq + index }));
  return { kind: "replayed", items, lastSeq: stored.lastSeq };
}

/** A replay answers with the ids of the events that are stored, not with those that the retry brought. */
async function nameReplayed(tx: Tx, batches: PreparedBatch[], verdicts: Verdict[]): Promise<void> {
  for (const [index, verdict] of verdicts.entries()) {
    const batch = batches[index];
    const [first] = verdict.kind === "replayed" ? verdict.items : [];
    if (!batch || verdict.kind !== "replayed" || !first) continue;
    const rows = await tx
      .select({ id: events.id, seq: events.seq })
      .from(events)
      .where(and(eq(events.runId, batch.runId), between(events.seq, first.seq, verdict.lastSeq)))
      .orderBy(events.seq);
    verdict.items = rows;
  }
}

async function insert(
  tx: Tx,
  batches: PreparedBatch[],
  verdicts: Verdict[],
  locked: Map<string, LockedRun>,
): Promise<void> {
  const rows: { event: PreparedEvent; runId: string; seq: number }[] = [];
  const named: { batch: PreparedBatch; firstSeq: number; lastSeq: number }[] = [];
  const touched = new Map<string, number>();
  batches.forEach((batch, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind !== "stored") return;
    const firstSeq = verdict.lastSeq - batch.events.length + 1;
    batch.events.forEach((event, place) => {
      rows.push({ event, runId: batch.runId, seq: firstSeq + place });
    });
    if (batch.batchId !== null) named.push({ batch, firstSeq, lastSeq: verdict.lastSeq });
    touched.set(batch.runId, locked.get(batch.runId)?.lastEventSeq ?? verdict.lastSeq);
  });
  if (rows.length === 0) return;
  await tx.execute(sql`
    with counted as (
      update agentrun_runs run set last_event_seq = now.seq
      from unnest(${sql.param([...touched.keys()])}::text[], ${sql.param([...touched.values()])}::int[]) as now (id, seq)
      where run.id = now.id
    ), batched as (
      insert into agentrun_event_batches (run_id, batch_id, content_hash, first_seq, last_seq)
      select * from unnest(
        ${sql.param(named.map((item) => item.batch.runId))}::text[], ${sql.param(named.map((item) => item.batch.batchId))}::text[],
        ${sql.param(named.map((item) => item.batch.contentHash))}::text[], ${sql.param(named.map((item) => item.firstSeq))}::int[],
        ${sql.param(named.map((item) => item.lastSeq))}::int[])
    )
    insert into agentrun_events (id, run_id, seq, type, payload, created_at)
    select id, run_id, seq, type, payload::jsonb, coalesce(least(at, now()), now())
    from unnest(
      ${sql.param(rows.map((row) => row.event.id))}::text[], ${sql.param(rows.map((row) => row.runId))}::text[],
      ${sql.param(rows.map((row) => row.seq))}::int[], ${sql.param(rows.map((row) => row.event.type))}::text[],
      ${sql.param(rows.map((row) => row.event.payload))}::text[], ${sql.param(rows.map((row) => row.event.at))}::timestamptz[]
    ) as event (id, run_id, seq, type, payload, at)`);
}

function batchKey(runId: string, batchId: string): string {
  return `${runId}\n${batchId}`;
}
