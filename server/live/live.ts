import { and, inArray, isNotNull, sql } from "drizzle-orm";
import type { Logger } from "pino";
import type { Db } from "@/db/client";
import { isDatabaseDown } from "@/db/errors";
import { commands, runs } from "@/db/schema";
import type { Topic } from "@/server/context";
import { ApprovalsReader } from "./approvals-reader";
import { FeedReader } from "./feed";
import { runsFeed, sessionsFeed, tasksFeed } from "./feed-sources";
import { Hub, type LiveText } from "./hub";
import { Listener } from "./listener";
import { Notifier } from "./notifier";
import { RunnersReader } from "./runners-reader";
import { Streams } from "./streams";
import { RunTails } from "./tails";

/** The fallback behind every wake: a change whose wake was lost is seen this much later at most. */
const POLL_MS = 1_000;
/** A stream ends at most twice this long after its token. */
const TOKEN_CHECK_MS = 2_000;

export type LiveOptions = {
  db: Db;
  databaseUrl: string;
  log: Logger;
  /** Returns those of the given tokens that have ended. */
  endedTokens: (tokenIds: string[]) => Promise<Set<string>>;
};

/** What this process knows of changes as they happen: wakes, the newest events, feeds, and their readers. */
export class Live {
  readonly hub = new Hub();
  readonly streams = new Streams();
  readonly tails: RunTails;
  readonly approvals: ApprovalsReader;
  readonly runners: RunnersReader;
  readonly sessions;
  readonly runs;
  readonly tasks;
  /** The command sequences that the last poll saw, so that a poll wakes only readers with something to read. */
  readonly #seenCommands = new Map<string, number>();
  readonly #endedRuns = new Set<string>();
  readonly #databaseFollowers = new Set<(isAway: boolean) => void>();
  #isAway = false;
  readonly #listener: Listener;
  readonly #notifier: Notifier;
  #timers: NodeJS.Timeout[] = [];
  #isPolling = false;

  constructor(private readonly options: LiveOptions) {
    const { db, databaseUrl, log } = options;
    this.tails = new RunTails(db, this.hub, this.#noteFailure);
    this.approvals = new ApprovalsReader(db, this.hub, this.#noteFailure);
    this.runners = new RunnersReader(db, this.hub, this.#noteFailure);
    this.sessions = new FeedReader(db, this.hub, sessionsFeed, this.#noteFailure);
    this.runs = new FeedReader(db, this.hub, runsFeed, this.#noteFailure);
    this.tasks = new FeedReader(db, this.hub, tasksFeed, this.#noteFailure);
    this.#listener = new Listener({
      databaseUrl,
      log,
      onMessage: (payload) => this.#notifier.receive(payload),
      onReconnected: () => {
        this.hub.wakeAll();
        this.#setDatabaseAway(false);
      },
      onLost: () => this.#setDatabaseAway(true),
    });
    this.#notifier = new Notifier(this.hub, (payload) => this.#listener.notify(payload));
  }

  start(): void {
    this.#listener.start();
    this.#timers = [
      setInterval(() => void this.#poll(), POLL_MS),
      setInterval(() => void this.#endStreams(), TOKEN_CHECK_MS),
    ];
  }

  /** Wakes readers of a topic in this and every other process. */
  readonly wake = (topic: Topic): void => this.#notifier.wake(topic);

  /** Shows text that is still being written to those who follow the run. The text is stored nowhere. */
  publishText(text: LiveText): void {
    this.#notifier.publishText(text);
  }

  get isListening(): boolean {
    return this.#listener.isListening;
  }

  /** Calls the listener when this process loses its database and when it has it again; at once if it is lost now. */
  followDatabase(listener: (isAway: boolean) => void): () => void {
    this.#databaseFollowers.add(listener);
    if (this.#isAway) listener(true);
    return () => this.#databaseFollowers.delete(listener);
  }

  /** Whether the poll has seen that a run has ended. */
  hasEnded(runId: string): boolean {
    return this.#endedRuns.has(runId);
  }

  /** Ends every stream. Readers reconnect with their last id. */
  stopStreams(): void {
    this.streams.stop();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.streams.stop();
    this.tails.close();
    this.approvals.close();
    this.runners.close();
    for (const feed of [this.sessions, this.runs, this.tasks]) feed.close();
    await this.#listener.close();
  }

  async #poll(): Promise<void> {
    // While the database is slow or away, one poll waits for it, instead of one more each second.
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      for (const feed of [this.sessions, this.runs, this.tasks]) if (feed.hasReaders) feed.refresh();
      if (this.approvals.hasReaders) this.approvals.refresh();
      await this.tails.poll();
      await this.#pollCommands();
      if (!this.isListening) this.hub.wakeAll();
    } catch (error) {
      this.#noteFailure(error);
    } finally {
      this.#isPolling = false;
    }
  }

  async #pollCommands(): Promise<void> {
    const runIds = this.hub.subscribedIds("commands:");
    this.#forgetUnwatched(new Set(runIds));
    if (runIds.length === 0) return;
    const { db } = this.options;
    const rows = await db
      .select({ id: runs.id, seq: runs.lastCommandSeq, hasEnded: sql<boolean>`${runs.terminalStatus} is not null` })
      .from(runs)
      .where(inArray(runs.id, runIds));
    const cancelled = await db
      .selectDistinct({ id: commands.runId })
      .from(commands)
      .where(
        and(
          inArray(commands.runId, runIds),
          sql`${commands.state} in ('pending', 'acknowledged')`,
          isNotNull(commands.cancelRequestedAt),
        ),
      );
    const runIdsWithCancelled = new Set(cancelled.map((row) => row.id));
    for (const { id, seq, hasEnded } of rows) {
      if (hasEnded) this.#endedRuns.add(id);
      const hasNew = seq > (this.#seenCommands.get(id) ?? 0);
      this.#seenCommands.set(id, seq);
      if (hasNew || hasEnded || runIdsWithCancelled.has(id)) this.hub.wake(`commands:${id}`);
    }
  }

  #forgetUnwatched(runIds: Set<string>): void {
    for (const id of this.#seenCommands.keys()) if (!runIds.has(id)) this.#seenCommands.delete(id);
    for (const id of this.#endedRuns) if (!runIds.has(id)) this.#endedRuns.delete(id);
  }

  async #endStreams(): Promise<void> {
    try {
      this.streams.endTokens(await this.options.endedTokens(this.streams.tokenIds()));
    } catch (error) {
      // While the database is away nobody knows which tokens have ended: streams stay open until it is back.
      this.#noteFailure(error);
    }
  }

  #setDatabaseAway(isAway: boolean): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    for (const listener of this.#databaseFollowers) listener(isAway);
  }

  readonly #noteFailure = (error: unknown): void => {
    const level = isDatabaseDown(error) ? "debug" : "error";
    this.options.log[level]({ err: error }, "live readers could not read the database");
  };
}
