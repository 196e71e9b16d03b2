import { performance } from "node:perf_hooks";
import {
  type FeedChange,
  moveTracePosition,
  readFeedChanges,
  readTracePositions,
  type TraceCounts,
  type TracePosition,
} from "@/db/queries/trace-feeds";
import type { TraceFeed } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { AgentRunError, toAgentRunError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { encodeSpan, requestsOf } from "./encode";
import { postSpans } from "./post";
import { spansOfRun } from "./run-spans";
import type { Span } from "./span";
import type { TraceTarget } from "./target";
import { spansOfTask } from "./task-span";

/**
 * How long ago something must have ended before it is sent, in milliseconds: calls to models are stored a moment after
 * their end.
 */
const SETTLE_MS = 5_000;
const PAGE = 200;
/** A load is sent once it has this many bytes, and the position is moved then. */
const LOAD_BYTES = 512 * 1024;
/** The length of a pass, so that the check whether the loop still lives gets its turn. */
const PASS_MS = 10_000;
/** What could not be read in this many consecutive passes is skipped. */
const READS_MAX = 5;
/** No collector makes this program wait longer, in milliseconds. */
const RETRY_AFTER_MAX_MS = 3_600_000;

const SPANS_OF: Record<TraceFeed, (ctx: ServiceContext, id: string, stop: AbortSignal) => Promise<Span[]>> = {
  queue: spansOfTask,
  runs: spansOfRun,
};

export type TraceExporterDeps = {
  ctx: ServiceContext;
  target: TraceTarget;
  settleMs?: number;
  monotonicMs?: () => number;
};

/** Spans to be sent together. `failed`: ids that could not be read, which are skipped with this load. */
type Load = { spans: string[]; bytes: number; failed: string[] };

/**
 * Sends what has ended to a collector, from the database's rows. The position in a feed moves once a collector has
 * accepted or refused everything before it. If a process dies in between, the spans are sent again with the same ids.
 */
export class TraceExporter {
  readonly #stop = new AbortController();
  /** How many times each unreadable id was tried, until its position is passed. */
  readonly #unreadable = new Map<string, number>();
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #away = "";
  /** The collector's last reason for refusing spans; null: it has accepted some since. */
  #refusal: string | null = null;
  #isRefusedNow = false;
  #rejection: string | null = null;

  constructor(private readonly deps: TraceExporterDeps) {}

  async pass(): Promise<void> {
    try {
      await this.#pass();
    } catch (error) {
      // An error of work that was interrupted by the stop means nothing.
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  async #pass(): Promise<void> {
    const { ctx } = this.deps;
    if (this.#nowMs() < this.#notBeforeMs) throw this.#failure(this.#away);
    const endsAt = performance.now() + PASS_MS;
    this.#isRefusedNow = false;
    // A collector that refuses everything, for example because of a wrong key, is offered little at a time, since
    // everything offered is given up.
    const isOver = () => this.#stop.signal.aborted || this.#isRefusedNow || performance.now() >= endsAt;
    const positions = await readTracePositions(ctx.db);
    // In turns, so that many items of one feed do not hold up the other.
    for (let open = positions; open.length > 0 && !isOver(); ) {
      const next: TracePosition[] = [];
      for (const place of open) {
        const moved = await this.#follow(place, isOver);
        if (moved !== null) next.push(moved);
      }
      open = next;
    }
    // Fails the pass, because somebody has to fix something.
    if (this.#refusal !== null) throw this.#failure(this.#refusal);
  }

  /** Stops what is under way; its position has not moved. */
  close(): void {
    this.#stop.abort();
  }

  /** Sends what a page of a feed holds. Returns where to continue; null: there is nothing more for now. */
  async #follow(from: TracePosition, isOver: () => boolean): Promise<TracePosition | null> {
    const { ctx, settleMs = SETTLE_MS } = this.deps;
    const changes = await readFeedChanges(ctx.db, from, { settleMs, limit: PAGE });
    const fresh = changes.findIndex(({ isEnded, isFresh }) => isEnded && isFresh);
    const settled = fresh === -1 ? changes : changes.slice(0, fresh);
    let place = from;
    let load = emptyLoad();
    for (const [index, change] of settled.entries()) {
      try {
        if (change.isEnded) await this.#add(load, place.feed, change);
      } catch (error) {
        // What came before the failure is still sent.
        const before = settled[index - 1];
        if (before !== undefined && !isOver()) await this.#deliver(load, place, before);
        throw error;
      }
      const isLast = index === settled.length - 1;
      if (!isLast && load.bytes < LOAD_BYTES && !isOver()) continue;
      const moved = await this.#deliver(load, place, change);
      if (moved === null || isOver()) return null;
      [place, load] = [moved, emptyLoad()];
    }
    return fresh === -1 && changes.length === PAGE ? place : null;
  }

  async #add(load: Load, feed: TraceFeed, { id }: FeedChange): Promise<void> {
    const { ctx } = this.deps;
    try {
      for (const span of await SPANS_OF[feed](ctx, id, this.#stop.signal)) {
        const text = encodeSpan(span);
        load.spans.push(text);
        load.bytes += Buffer.byteLength(text);
      }
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      const { reason } = toAgentRunError(error);
      // It was deleted, with its session or by age.
      if (reason === "not-found") return;
      if (reason === "database-down") throw error;
      const reads = (this.#unreadable.get(id) ?? 0) + 1;
      this.#unreadable.set(id, reads);
      if (reads < READS_MAX) throw error;
      if (reads === READS_MAX)
        ctx.log.error({ err: error, id }, "could not read an ended record for its trace, skipping it");
      load.failed.push(id);
    }
  }

  /** Sends a load and moves the position behind it; null: another worker has moved the position, or this one stops. */
  async #deliver(load: Load, from: TracePosition, to: FeedChange): Promise<TracePosition | null> {
    const counts: TraceCounts = { sent: 0, rejected: 0, givenUp: load.failed.length };
    for (const { body, spans } of requestsOf(load.spans, this.deps.target.resource)) {
      const { rejected, givenUp } = await this.#send(body, spans);
      counts.sent += spans - rejected - givenUp;
      counts.rejected += rejected;
      counts.givenUp += givenUp;
    }
    const { xid, version } = to;
    const isOwn = await moveTracePosition(this.deps.ctx.db, from, { xid, version }, counts);
    for (const id of load.failed) this.#unreadable.delete(id);
    return isOwn ? { ...from, xid, version } : null;
  }

  async #send(body: string, spans: number): Promise<Pick<TraceCounts, "rejected" | "givenUp">> {
    const { ctx, target } = this.deps;
    const answer = await postSpans(target, body, this.#stop.signal);
    if (answer.kind === "away") {
      this.#away = answer.why;
      this.#notBeforeMs = this.#nowMs() + Math.min(answer.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
      throw this.#failure(answer.why);
    }
    if (answer.kind === "refused") {
      if (this.#refusal !== answer.why)
        ctx.log.warn({ spans, why: answer.why }, "collector rejected spans: dropping them");
      this.#refusal = answer.why;
      this.#isRefusedNow = true;
      return { rejected: 0, givenUp: spans };
    }
    this.#refusal = null;
    const rejected = Math.min(answer.rejected, spans);
    const why = answer.message === null ? "it does not say why" : withoutSecrets(answer.message, target);
    if (rejected > 0 && this.#rejection !== why) {
      ctx.log.warn({ rejected, spans, why }, "collector rejected some spans");
      this.#rejection = why;
    }
    return { rejected, givenUp: 0 };
  }

  #failure(why: string): AgentRunError {
    // Only the host: the address may hold a password, and its path a key.
    const { host } = new URL(this.deps.target.url);
    return new AgentRunError("infra-failed", "backend-unavailable", `the collector of traces at ${host}: ${why}`);
  }

  #nowMs(): number {
    return this.deps.monotonicMs?.() ?? performance.now();
  }
}

function emptyLoad(): Load {
  return { spans: [], bytes: 0, failed: [] };
}

/** Removes secrets from a collector's message, which may quote the request's headers. */
function withoutSecrets(words: string, { headers }: TraceTarget): string {
  const secrets = Object.values(headers)
    .flatMap((value) => value.split(/\s+/))
    .filter((part) => part.length >= 4);
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), redactMessage(words) ?? "");
}
