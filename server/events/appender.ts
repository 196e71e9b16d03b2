import type pg from "pg";
import type { AppendAnswer } from "@/contract/event";
import { isRefusal, isRetryable, isUniqueViolation } from "@/db/errors";
import {
  type AppendResult,
  appendBatches,
  type PreparedBatch,
  type Refused,
  type Replayed,
  readStored,
} from "@/db/queries/events/append-events";
import { storeOpenBatches } from "@/db/queries/events/store-open-batches";
import type { AppendBatch, Topic } from "@/server/context";
import { AlreadyTerminalError, ConflictError, LeaseLostError, NotFoundError, UnavailableError } from "@/server/errors";
import { Backlog, GroupCommit, type Waiting } from "@/server/group-commit";
import { prepareBatch } from "./prepare";

export type AppenderOptions = {
  /** Of its own, with generic plans: its few statements are planned once for each connection. */
  pool: pg.Pool;
  /** Told after each commit how many events it stored. */
  onStored: (events: number) => void;
  wake: (topic: Topic) => void;
  /** Characters that wait at most. */
  waitingCharsMax?: number;
};

/** null: nothing was decided of that batch. */
type BatchStore = (pool: pg.Pool, batches: PreparedBatch[]) => Promise<(AppendResult | null)[]>;
type QueuedBatch = Waiting<PreparedBatch, AppendAnswer>;

/** Lanes flush side by side, each its own runs and connection; more than two were slower when measured. */
export const APPENDER_LANES = 2;
const EVENTS_PER_FLUSH_MAX = 2_000;
const CHARS_PER_FLUSH_MAX = 8 * 1024 * 1024;
/** What waits at most, so that a database that is away cannot fill the memory: batches, and 256 MB of payloads. */
const QUEUED_BATCHES_MAX = 10_000;
const QUEUED_CHARS_MAX = 128 * 1024 * 1024;
const BUSY_RETRIES_MAX = 200;

/**
 * Group commit: batches that arrive while a flush is under way are stored together by the next flush. One statement, a
 * transaction of its own, stores most of them; a second judges those that the first left out. Answers are sent after
 * the commit. A batch that the database refuses fails alone.
 */
export class EventAppender {
  readonly #lanes: GroupCommit<PreparedBatch, AppendAnswer>[];
  readonly #backlog: Backlog;

  constructor(private readonly options: AppenderOptions) {
    this.#lanes = Array.from({ length: APPENDER_LANES }, () => this.#openLane());
    const charsMax = options.waitingCharsMax ?? QUEUED_CHARS_MAX;
    this.#backlog = new Backlog({ what: "events", countMax: QUEUED_BATCHES_MAX, charsMax });
  }

  /** Stores a batch durably; resolves with its events' ids and seqs once it is committed. */
  async append(batch: AppendBatch): Promise<AppendAnswer> {
    this.#backlog.enter();
    let chars = 0;
    try {
      const prepared = prepareBatch(batch);
      this.#backlog.hold(prepared.chars);
      chars = prepared.chars;
      return await laneOf(batch.runId, this.#lanes).add(prepared);
    } finally {
      this.#backlog.leave(chars);
    }
  }

  /** Stores what waits, then refuses what comes. */
  close(): Promise<void> {
    return this.#backlog.close();
  }

  #openLane(): GroupCommit<PreparedBatch, AppendAnswer> {
    /** How many flushes in a row have decided nothing. */
    let busy = 0;
    const flush = async (group: QueuedBatch[]): Promise<QueuedBatch[]> => {
      const undecided = await this.#flush(group);
      busy = undecided.length === group.length ? busy + 1 : 0;
      if (busy > BUSY_RETRIES_MAX) {
        busy = 0;
        rejectAll(undecided, new UnavailableError("database-busy", "the run is locked by others: try again"));
        return [];
      }
      if (undecided.length > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(1 + busy, 25)));
      return undecided;
    };
    return new GroupCommit({ countFitting, flush });
  }

  /** Flushes; returns those whose run was locked by somebody else, for the next flush. */
  async #flush(group: QueuedBatch[]): Promise<QueuedBatch[]> {
    const areOneEach = new Set(group.map((item) => item.input.runId)).size === group.length;
    const undecided = areOneEach ? await this.#store(group, storeOpenBatches) : group;
    return undecided.length > 0 ? this.#store(undecided, appendBatches) : [];
  }

  /** Stores by one of the two ways, and answers; returns those of which nothing was decided. */
  async #store(group: QueuedBatch[], store: BatchStore): Promise<QueuedBatch[]> {
    try {
      const batches = group.map((item) => item.input);
      return this.#answer(group, await store(this.options.pool, batches));
    } catch (error) {
      // The same batch id was stored by another process meanwhile, or a lock was not had: look again.
      if (isRetryable(error) || isUniqueViolation(error)) return group;
      if (group.length > 1 && isRefusal(error)) return this.#split(group, store);
      rejectAll(group, error);
      return [];
    }
  }

  /** One bad event must not fail its neighbours: halves are tried on their own, down to the one batch. */
  async #split(group: QueuedBatch[], store: BatchStore): Promise<QueuedBatch[]> {
    const middle = Math.ceil(group.length / 2);
    const undecided = await this.#store(group.slice(0, middle), store);
    return [...undecided, ...(await this.#store(group.slice(middle), store))];
  }

  #answer(group: QueuedBatch[], verdicts: (AppendResult | null)[]): QueuedBatch[] {
    const undecided: QueuedBatch[] = [];
    const runIds = new Set<string>();
    let events = 0;
    group.forEach((item, index) => {
      const verdict = verdicts[index];
      if (!verdict) {
        undecided.push(item);
        return;
      }
      if (verdict.kind === "replayed") {
        void this.#answerReplay(item, verdict);
        return;
      }
      if (verdict.kind === "stored") {
        item.resolve({ items: verdict.items, lastSeq: verdict.lastSeq });
        runIds.add(item.input.runId);
        events += verdict.items.length;
      } else item.reject(refusalError(verdict, item.input));
    });
    if (events > 0) this.options.onStored(events);
    for (const runId of runIds) this.options.wake(`events:${runId}`);
    return undecided;
  }

  /** By a statement of its own: its failure must not have what was stored beside it be stored again. */
  async #answerReplay(item: QueuedBatch, replayed: Replayed): Promise<void> {
    const { input: batch, resolve, reject } = item;
    try {
      resolve({ items: await readStored(this.options.pool, batch.runId, replayed), lastSeq: replayed.lastSeq });
    } catch (error) {
      reject(error);
    }
  }
}

function rejectAll(items: QueuedBatch[], error: unknown): void {
  for (const { reject } of items) reject(error);
}

function refusalError(verdict: Refused, batch: PreparedBatch): Error {
  switch (verdict.kind) {
    case "missing":
      return new NotFoundError("run", batch.runId);
    case "terminal":
      return new AlreadyTerminalError("run", batch.runId, verdict.status, verdict.failureKind);
    case "lease-lost":
      return new LeaseLostError(batch.runId);
    case "conflict":
      return new ConflictError(
        "batch-conflict",
        `batch ${batch.batchId} of run ${batch.runId} was stored with other events: use a new batch id`,
      );
  }
}

/** As much as one flush may hold. The same batch id twice waits for the next, where it is seen to be a replay. */
function countFitting(waiting: readonly QueuedBatch[]): number {
  const seen = new Set<string>();
  let count = 0;
  let events = 0;
  let chars = 0;
  for (const { input: batch } of waiting) {
    const key = batch.batchId === null ? null : `${batch.runId}\n${batch.batchId}`;
    events += batch.events.length;
    chars += batch.chars;
    const isFull = events > EVENTS_PER_FLUSH_MAX || chars > CHARS_PER_FLUSH_MAX;
    if (count > 0 && (isFull || (key !== null && seen.has(key)))) break;
    if (key !== null) seen.add(key);
    count += 1;
  }
  return count;
}

function laneOf<Lane>(runId: string, lanes: readonly Lane[]): Lane {
  let hash = 0;
  for (let index = 0; index < runId.length; index += 1) hash = (hash * 31 + runId.charCodeAt(index)) | 0;
  const lane = lanes[Math.abs(hash) % lanes.length];
  if (lane === undefined) throw new Error("the appender has no lane");
  return lane;
}
