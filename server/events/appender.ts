import type pg from "pg";
import type { AppendAnswer } from "@/contract/event";
import { isRefusal, isRetryable, isUniqueViolation } from "@/db/errors";
import {
  judgeBatches,
  type PreparedBatch,
  type Refused,
  type Replayed,
  readStored,
  type Verdict,
} from "@/db/queries/append-events";
import { storeOpenBatches } from "@/db/queries/store-open-batches";
import type { AppendBatch, Topic } from "@/server/context";
import { AlreadyTerminalError, ConflictError, LeaseLostError, NotFoundError, UnavailableError } from "@/server/errors";
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
type StoreBatches = (pool: pg.Pool, batches: PreparedBatch[]) => Promise<(Verdict | null)[]>;
type Waiting = { batch: PreparedBatch; resolve: (answer: AppendAnswer) => void; reject: (error: unknown) => void };

/** Lanes flush side by side, each its own runs and connection; more than two were slower when measured. */
export const APPENDER_LANES = 2;
const EVENTS_PER_FLUSH_MAX = 2_000;
const CHARS_PER_FLUSH_MAX = 8 * 1024 * 1024;
/** What waits at most, so that a database that is away cannot fill the memory: batches, and 256 MB of payloads. */
const WAITING_MAX = 10_000;
const WAITING_CHARS_MAX = 128 * 1024 * 1024;
const BUSY_RETRIES_MAX = 200;

/**
 * Group commit: batches that arrive while a flush is under way are stored together by the next flush. One statement, a
 * transaction of its own, stores most of them; a second judges those that the first left out. Answers are sent after
 * the commit. A batch that the database refuses fails alone.
 */
export class EventAppender {
  readonly #lanes: Waiting[][];
  readonly #isFlushing: boolean[];
  #waiting = 0;
  #waitingChars = 0;
  #isClosed = false;

  constructor(private readonly options: AppenderOptions) {
    const count = APPENDER_LANES;
    this.#lanes = Array.from({ length: count }, () => []);
    this.#isFlushing = Array.from({ length: count }, () => false);
  }

  /** Stores a batch durably; resolves with its events' ids and seqs once it is committed. */
  append(batch: AppendBatch): Promise<AppendAnswer> {
    if (this.#isClosed)
      return Promise.reject(new UnavailableError("shutting-down", "this server is stopping: try again"));
    if (this.#waiting >= WAITING_MAX || this.#waitingChars >= (this.options.waitingCharsMax ?? WAITING_CHARS_MAX)) {
      return Promise.reject(new UnavailableError("overloaded", "too many events wait to be stored: try again"));
    }
    return new Promise((resolve, reject) => {
      const lane = laneOf(batch.runId, this.#lanes.length);
      const prepared = prepareBatch(batch);
      this.#lanes[lane]?.push({ batch: prepared, resolve, reject });
      this.#waiting += 1;
      this.#waitingChars += prepared.chars;
      void this.#run(lane);
    });
  }

  /** Stores what waits, then refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async #run(lane: number): Promise<void> {
    if (this.#isFlushing[lane]) return;
    this.#isFlushing[lane] = true;
    const queue = this.#lanes[lane] ?? [];
    // What arrives in this turn of the event loop goes out together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let busy = 0; queue.length > 0; ) {
      const taken = takeFlush(queue);
      const left = await this.#flush(taken);
      busy = left.length === taken.length ? busy + 1 : 0;
      if (busy > BUSY_RETRIES_MAX)
        this.#settle(left, new UnavailableError("database-busy", "the run is locked by others: try again"));
      else if (left.length > 0) {
        queue.unshift(...left);
        await new Promise((resolve) => setTimeout(resolve, Math.min(1 + busy, 25)));
      }
    }
    this.#isFlushing[lane] = false;
  }

  /** Flushes; returns those whose run was locked by somebody else, for the next flush. */
  async #flush(taken: Waiting[]): Promise<Waiting[]> {
    const areOneEach = new Set(taken.map((item) => item.batch.runId)).size === taken.length;
    const left = areOneEach ? await this.#store(taken, storeOpenBatches) : taken;
    return left.length > 0 ? this.#store(left, judgeBatches) : [];
  }

  /** Stores by one of the two ways, and answers; returns those of which nothing was decided. */
  async #store(taken: Waiting[], way: StoreBatches): Promise<Waiting[]> {
    try {
      const batches = taken.map((item) => item.batch);
      return this.#answer(taken, await way(this.options.pool, batches));
    } catch (error) {
      // The same batch id was stored by another process meanwhile, or a lock was not had: look again.
      if (isRetryable(error) || isUniqueViolation(error)) return taken;
      if (taken.length > 1 && isRefusal(error)) return this.#split(taken, way);
      this.#settle(taken, error);
      return [];
    }
  }

  /** One bad event must not fail its neighbours: halves are tried on their own, down to the one batch. */
  async #split(taken: Waiting[], way: StoreBatches): Promise<Waiting[]> {
    const middle = Math.ceil(taken.length / 2);
    const left = await this.#store(taken.slice(0, middle), way);
    return [...left, ...(await this.#store(taken.slice(middle), way))];
  }

  #answer(taken: Waiting[], verdicts: (Verdict | null)[]): Waiting[] {
    const undecided: Waiting[] = [];
    const runIds = new Set<string>();
    let events = 0;
    taken.forEach((item, index) => {
      const verdict = verdicts[index];
      if (!verdict) {
        undecided.push(item);
        return;
      }
      if (verdict.kind === "replayed") {
        void this.#answerReplay(item, verdict);
        return;
      }
      this.#leave(item);
      if (verdict.kind === "stored") {
        item.resolve({ items: verdict.items, lastSeq: verdict.lastSeq });
        runIds.add(item.batch.runId);
        events += verdict.items.length;
      } else item.reject(refusalOf(verdict, item.batch));
    });
    if (events > 0) this.options.onStored(events);
    for (const runId of runIds) this.options.wake(`events:${runId}`);
    return undecided;
  }

  /** By a statement of its own: its failure must not have what was stored beside it be stored again. */
  async #answerReplay(item: Waiting, replayed: Replayed): Promise<void> {
    const { batch, resolve, reject } = item;
    try {
      resolve({ items: await readStored(this.options.pool, batch.runId, replayed), lastSeq: replayed.lastSeq });
    } catch (error) {
      reject(error);
    } finally {
      this.#leave(item);
    }
  }

  #settle(items: Waiting[], error: unknown): void {
    for (const item of items) {
      this.#leave(item);
      item.reject(error);
    }
  }

  #leave({ batch }: Waiting): void {
    this.#waiting -= 1;
    this.#waitingChars -= batch.chars;
  }
}

function refusalOf(verdict: Refused, batch: PreparedBatch): Error {
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
function takeFlush(queue: Waiting[]): Waiting[] {
  const seen = new Set<string>();
  const taken: Waiting[] = [];
  let events = 0;
  let chars = 0;
  for (const item of queue) {
    const key = item.batch.batchId === null ? null : `${item.batch.runId}\n${item.batch.batchId}`;
    const isFull =
      events + item.batch.events.length > EVENTS_PER_FLUSH_MAX || chars + item.batch.chars > CHARS_PER_FLUSH_MAX;
    if (taken.length > 0 && (isFull || (key !== null && seen.has(key)))) break;
    if (key !== null) seen.add(key);
    taken.push(item);
    events += item.batch.events.length;
    chars += item.batch.chars;
  }
  queue.splice(0, taken.length);
  return taken;
}

function laneOf(runId: string, lanes: number): number {
  let hash = 0;
  for (let index = 0; index < runId.length; index += 1) hash = (hash * 31 + runId.charCodeAt(index)) | 0;
  return Math.abs(hash) % lanes;
}
