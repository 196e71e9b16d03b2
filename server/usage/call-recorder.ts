import type pg from "pg";
import type { Logger } from "pino";
import type { FailureKind } from "@/contract/errors";
import type { CallOutcome, Prices, TokenUsage } from "@/contract/usage";
import { sqlState } from "@/db/errors";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import type { ModelCallRow } from "@/db/schema";
import { GroupCommit, type Waiting } from "@/server/group-commit";
import { newId } from "@/server/ids";
import { costOf } from "./price";

/** Whom a call belongs to, and which model it uses. */
export type CallOwner = Pick<
  ModelCallRow,
  "tenantId" | "projectId" | "runId" | "sessionId" | "taskId" | "backendProfile" | "model"
>;
export type CallEnd = {
  outcome: CallOutcome;
  failureKind: FailureKind | null;
  reason: string | null;
  httpStatus: number | null;
  /** null: nobody said how many tokens the call took. */
  usage: TokenUsage | null;
};
/** A call that is under way. */
export type OpenCall = {
  /** Notes that the first byte of the answer has arrived. */
  noteFirstByte(): void;
  /** Ends the call. Only the first end counts. */
  end(end: CallEnd): void;
};

export type CallRecorderOptions = {
  pool: pg.Pool;
  log: Logger;
  pricesOf: (profile: string, model: string) => Prices | null;
  /** Called for each call as it ends, before it is stored. */
  onEnded: (call: ModelCallRow) => void;
  /** Called once calls are stored. */
  onStored?: (calls: readonly ModelCallRow[]) => void;
  /** Called with the number of calls that will never be stored. */
  onLost: (calls: number) => void;
};

const CALLS_PER_COMMIT_MAX = 500;
/** How many calls may wait, so that they cannot fill the memory while the database is away. */
export const WAITING_MAX = 10_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
/** A process that stops has only a few seconds in all. */
const CLOSE_MS_MAX = 1_500;
const NOT_COUNTED: TokenUsage = {
  inputTokens: null,
  cachedInputTokens: null,
  outputTokens: null,
  reasoningTokens: null,
};
const FOREIGN_KEY_VIOLATION = "23503";
/** SQLSTATE classes of rows that can never be stored. Any other error, such as a full disk, may pass. */
const NEVER_STORED = /^2[23]/;

/**
 * Stores each call to a model once it has ended, without delaying the answer. Calls that end during a commit are stored
 * together by the next one. Ids are made here, so that a commit whose outcome is unknown can be repeated.
 */
export class CallRecorder {
  readonly #group = new GroupCommit<ModelCallRow, void>({
    countFitting: () => CALLS_PER_COMMIT_MAX,
    flush: (taken) => this.#flush(taken),
  });
  #open = 0;
  /** Calls that have ended and are not stored yet. */
  #waiting = 0;
  /** How many flushes in a row have failed. */
  #failures = 0;
  #isClosing = false;
  #isClosed = false;
  #lost = 0;
  #wake = () => {};

  constructor(private readonly options: CallRecorderOptions) {}

  begin(owner: CallOwner): OpenCall {
    const startedAt = new Date();
    const startedMs = performance.now();
    const id = newId("modelCall");
    let firstByteMs: number | null = null;
    let hasEnded = false;
    this.#open += 1;
    const since = () => Math.round(performance.now() - startedMs);
    return {
      noteFirstByte: () => {
        firstByteMs ??= since();
      },
      end: ({ usage, ...how }) => {
        if (hasEnded) return;
        hasEnded = true;
        this.#open -= 1;
        const call = {
          id,
          ...owner,
          startedAt,
          firstByteMs,
          durationMs: since(),
          ...how,
          ...this.#counted(owner, usage),
        };
        this.#log(call);
        this.options.onEnded(call);
        this.#add(call);
      },
    };
  }

  /** Stores the calls that wait and those that are still ending, for as long as a stop may take. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    const until = performance.now() + CLOSE_MS_MAX;
    while ((this.#open > 0 || this.#waiting > 0) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    this.#isClosed = true;
    this.#lose(this.#waiting + this.#open, "the server stops");
  }

  #log({
    id,
    runId,
    backendProfile,
    model,
    outcome,
    reason,
    durationMs,
    inputTokens,
    outputTokens,
  }: ModelCallRow): void {
    this.options.log.info(
      { callId: id, runId, profile: backendProfile, model, outcome, reason, durationMs, inputTokens, outputTokens },
      "model call ended",
    );
  }

  #counted(owner: CallOwner, usage: TokenUsage | null) {
    const prices = this.options.pricesOf(owner.backendProfile, owner.model);
    const costMicros = prices === null || usage === null ? null : costOf(prices, usage);
    const currency = costMicros === null ? null : (prices?.currency ?? null);
    return { ...(usage ?? NOT_COUNTED), costMicros, currency };
  }

  #add(call: ModelCallRow): void {
    // It was already reported as lost when the server stopped.
    if (this.#isClosed) return;
    if (this.#waiting >= WAITING_MAX) {
      this.#lose(1, "too many wait");
      return;
    }
    this.#waiting += 1;
    void this.#group.add(call);
  }

  /** Stores calls; after a failure that may pass it waits a while and returns all of them. */
  async #flush(taken: Waiting<ModelCallRow, void>[]): Promise<Waiting<ModelCallRow, void>[]> {
    // What still waited was reported as lost when the server stopped, and nobody awaits it.
    if (this.#isClosed) return [];
    const error = await this.#store(taken.map(({ input }) => input));
    if (error === null) {
      this.#waiting -= taken.length;
      for (const { resolve } of taken) resolve();
      if (this.#failures > 0) this.options.log.info({ calls: taken.length }, "model calls are being stored again");
      this.#failures = 0;
      return [];
    }
    if (this.#failures === 0)
      this.options.log.warn({ err: error, waiting: this.#waiting }, "model calls are waiting to be stored");
    await this.#pause(this.#failures);
    this.#failures += 1;
    return taken;
  }

  /** Returns null once the calls are stored or known never to be; otherwise why they are not stored yet. */
  async #store(calls: readonly ModelCallRow[]): Promise<unknown> {
    try {
      await storeModelCalls(this.options.pool, calls);
      this.options.onStored?.(calls);
      return null;
    } catch (error) {
      const state = sqlState(error) ?? "";
      // If the run was removed while its call was stored, the next try notices that.
      if (!NEVER_STORED.test(state) || state === FOREIGN_KEY_VIOLATION) return error;
      if (calls.length === 1) {
        this.#lose(1, "the database refused it", error);
        return null;
      }
      // One bad call must not keep its neighbours from being stored, so each half is tried by itself. What is stored
      // already is not stored twice.
      const middle = Math.ceil(calls.length / 2);
      return (await this.#store(calls.slice(0, middle))) ?? this.#store(calls.slice(middle));
    }
  }

  #pause(failures: number): Promise<void> {
    const delayMs = this.#isClosing ? RETRY_MS_MIN : Math.min(RETRY_MS_MIN * 2 ** failures, RETRY_MS_MAX);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lose(calls: number, why: string, error?: unknown): void {
    if (calls === 0) return;
    this.#lost += calls;
    this.options.onLost(calls);
    // Only powers of two are logged: a database that is away for long would otherwise flood the log.
    if (why === "too many wait" && (this.#lost & (this.#lost - 1)) !== 0) return;
    this.options.log.error({ err: error, calls, lostInAll: this.#lost, why }, "model calls are not being counted");
  }
}
