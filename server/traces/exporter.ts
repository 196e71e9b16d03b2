import { performance } from "node:perf_hooks";
import {
  type FeedChange,
  moveTracePlace,
  readFeedChanges,
  readTracePlaces,
  type TraceCounts,
  type TracePlace,
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

/** What ended so long ago is told of: calls to models are stored a moment after them. */
const SETTLE_MS = 5_000;
const PAGE = 200;
/** A load is sent as soon as it has so much, and its place is moved then. */
const LOAD_BYTES = 512 * 1024;
/** A pass makes room for whoever looks whether it still lives. */
const PASS_MS = 10_000;
/** What cannot be read so often, one pass after another, is passed over. */
const READS_MAX = 5;
/** No collector keeps this program waiting for longer. */
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

/** What is to be sent at once; `failed` are those that could not be read and are passed over with it. */
type Load = { spans: string[]; bytes: number; failed: string[] };

/**
 * Sends what has ended to a collector, by what the database holds. A place in a feed moves once a collector has taken
 * all before it, or wants it no more: whatever dies in between, it is sent again, and means the same spans.
 */
export class TraceExporter {
  readonly #stop = new AbortController();
  /** How often what could not be read was tried, until its place is passed. */
  readonly #unreadable = new Map<string, number>();
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #away = "";
  /** What the collector last said of what it did not want; null once it took something. */
  #refusal: string | null = null;
  #isRefusedNow = false;
  #rejection: string | null = null;

  constructor(private readonly deps: TraceExporterDeps) {}

  async pass(): Promise<void> {
    try {
      await this.#pass();
    } catch (error) {
      // What was under way when it stopped is no news.
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  async #pass(): Promise<void> {
    const { ctx } = this.deps;
    if (this.#nowMs() < this.#notBeforeMs) throw this.#failure(this.#away);
    const endsAt = performance.now() + PASS_MS;
    this.#isRefusedNow = false;
    // Who wants nothing, as by a wrong key, is offered little at a time: all of it is given up.
    const isOver = () => this.#stop.signal.aborted || this.#isRefusedNow || performance.now() >= endsAt;
    const places = await readTracePlaces(ctx.db);
    // In turns, so that many of one kind hold up none of the other.
    for (let open = places; open.length > 0 && !isOver(); ) {
      const next: TracePlace[] = [];
      for (const place of open) {
        const moved = await this.#follow(place, isOver);
        if (moved !== null) next.push(moved);
      }
      open = next;
    }
    // Where all goes well it is never asked; where it does not, somebody has to mend something.
    if (this.#refusal !== null) throw this.#failure(this.#refusal);
  }

  /** Ends what is under way: its place has not moved. */
  close(): void {
    this.#stop.abort();
  }

  /** Sends what a page of a feed holds; answers where to go on, null where there is nothing more for now. */
  async #follow(from: TracePlace, isOver: () => boolean): Promise<TracePlace | null> {
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
        // What came before it does not wait for it.
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
      // It is gone: with its session, or by its age.
      if (reason === "not-found") return;
      if (reason === "database-down") throw error;
      const reads = (this.#unreadable.get(id) ?? 0) + 1;
      this.#unreadable.set(id, reads);
      if (reads < READS_MAX) throw error;
      if (reads === READS_MAX)
        ctx.log.error({ err: error, id }, "what has ended could not be read for its trace: it is passed over");
      load.failed.push(id);
    }
  }

  /** Sends a load and moves the place behind it; null where another worker has moved it, or this one stops. */
  async #deliver(load: Load, from: TracePlace, to: FeedChange): Promise<TracePlace | null> {
    const counts: TraceCounts = { sent: 0, rejected: 0, givenUp: load.failed.length };
    for (const { body, spans } of requestsOf(load.spans, this.deps.target.resource)) {
      const { rejected, givenUp } = await this.#send(body, spans);
      counts.sent += spans - rejected - givenUp;
      counts.rejected += rejected;
      counts.givenUp += givenUp;
    }
    const { xid, version } = to;
    const isOwn = await moveTracePlace(this.deps.ctx.db, from, { xid, version }, counts);
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
        ctx.log.warn({ spans, why: answer.why }, "a collector refuses spans: they are given up");
      this.#refusal = answer.why;
      this.#isRefusedNow = true;
      return { rejected: 0, givenUp: spans };
    }
    this.#refusal = null;
    const rejected = Math.min(answer.rejected, spans);
    const why = answer.message === null ? "it does not say why" : withoutSecrets(answer.message, target);
    if (rejected > 0 && this.#rejection !== why) {
      ctx.log.warn({ rejected, spans, why }, "a collector keeps some spans out");
      this.#rejection = why;
    }
    return { rejected, givenUp: 0 };
  }

  #failure(why: string): AgentRunError {
    // The address may hold a password, and its path a key.
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

/** A collector's words, which may quote what opened it. */
function withoutSecrets(words: string, { headers }: TraceTarget): string {
  const secrets = Object.values(headers)
    .flatMap((value) => value.split(/\s+/))
    .filter((part) => part.length >= 4);
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), redactMessage(words) ?? "");
}
