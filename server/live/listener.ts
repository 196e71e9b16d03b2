import pg from "pg";
import type { Logger } from "pino";
import { within } from "@/contract/async";

export const CHANNEL = "agentrun";
const HEARTBEAT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 2_000;
/**
 * A probe's notification counts as lost when its listener has answered this many queries after it without receiving it.
 */
const PROBE_QUERIES_MAX = 10;
const PROBE_PAUSE_MS = 200;
const PROBE_TIMEOUT_MS = 15_000;

/** LISTEN does not work between this program and its database. */
export class ListenLostError extends Error {
  readonly failureKind = "infra-failed";
  constructor() {
    super(
      "DATABASE_URL: notifications get lost on the way, as behind a pool in transaction mode: give the address of the database itself, or of a pool in session mode",
    );
  }
}

export type ListenerOptions = {
  databaseUrl: string;
  log: Logger;
  onMessage: (payload: string) => void;
  /** Called after a gap, in which anything may have been missed. */
  onReconnected: () => void;
  onLost: () => void;
};

/**
 * The process's one listening connection, which also sends. A heartbeat detects a dead connection, which is then
 * replaced. connecting → listening → lost → connecting; any → closed.
 */
export class Listener {
  #client: pg.Client | null = null;
  #isClosed = false;
  #heartbeat: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #failures = 0;
  #wasConnected = false;

  constructor(private readonly options: ListenerOptions) {}

  get isListening(): boolean {
    return this.#client !== null;
  }

  /** Connects, retrying in the background. */
  start(): void {
    void this.#connect();
  }

  /** Sends to every process's listener, including this one's; false: there is no connection now. */
  async notify(payload: string): Promise<boolean> {
    const client = this.#client;
    if (!client) return false;
    try {
      await assertAnswered(client.query("SELECT pg_notify($1, $2)", [CHANNEL, payload]));
      return true;
    } catch (error) {
      this.#handleLoss(client, error);
      return false;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    if (this.#retry) clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) return;
    const client = new pg.Client({
      connectionString: this.options.databaseUrl,
      application_name: "agentrun-listener",
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on("error", (error) => this.#handleLoss(client, error));
    client.on("notification", (message) => this.options.onMessage(message.payload ?? ""));
    try {
      await client.connect();
      await assertAnswered(client.query(`LISTEN ${CHANNEL}`));
    } catch (error) {
      this.#reconnectLater(client, error);
      return;
    }
    if (this.#isClosed) return void client.end().catch(() => undefined);
    this.#client = client;
    this.#failures = 0;
    this.#heartbeat = setInterval(() => void this.#ping(client), HEARTBEAT_MS);
    client.once("end", () => this.#handleLoss(client, new Error("the connection ended")));
    if (this.#wasConnected) this.options.log.info("listening again");
    this.#wasConnected = true;
    this.options.onReconnected();
  }

  /** A half-open connection stays silent: only an unanswered query reveals it. */
  async #ping(client: pg.Client): Promise<void> {
    try {
      await assertAnswered(client.query("SELECT 1"));
    } catch (error) {
      this.#handleLoss(client, error);
    }
  }

  #handleLoss(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.options.onLost();
    this.#reconnectLater(client, error);
  }

  #reconnectLater(client: pg.Client, error: unknown): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    void client.end().catch(() => undefined);
    if (this.#isClosed) return;
    const delayMs = Math.min(RECONNECT_MIN_MS * 2 ** this.#failures, RECONNECT_MAX_MS);
    this.#failures += 1;
    if (this.#failures === 1)
      this.options.log.warn({ err: error }, "lost the LISTEN connection: readers poll until it is back");
    this.#retry = setTimeout(() => void this.#connect(), delayMs);
  }
}

async function assertAnswered(query: Promise<object>): Promise<void> {
  if ((await within(QUERY_TIMEOUT_MS, query)) === null) throw new Error("the database did not answer in time");
}

/** Throws `ListenLostError` when a notification from one connection does not reach another that listens. */
export async function assertListenWorks(databaseUrl: string): Promise<void> {
  const channel = `agentrun_probe_${process.pid}_${Math.floor(Math.random() * 1e9)}`;
  const connection = {
    connectionString: databaseUrl,
    connectionTimeoutMillis: PROBE_TIMEOUT_MS,
    query_timeout: PROBE_TIMEOUT_MS,
  };
  const listening = new pg.Client(connection);
  const sending = new pg.Client(connection);
  listening.on("error", () => undefined);
  sending.on("error", () => undefined);
  try {
    await Promise.all([listening.connect(), sending.connect()]);
    await listening.query(`LISTEN ${channel}`);
    let isReceived = false;
    listening.once("notification", () => {
      isReceived = true;
    });
    // A pool that assigns a connection for each transaction sends this over any free one.
    await sending.query("BEGIN");
    await sending.query("SELECT pg_notify($1, '')", [channel]);
    await sending.query("COMMIT");
    // Answers and notifications arrive in one order. A busy machine delays both, so waiting for a time alone would show
    // nothing.
    for (let queries = 0; !isReceived; queries += 1) {
      if (queries === PROBE_QUERIES_MAX) throw new ListenLostError();
      await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
      await listening.query("SELECT 1");
    }
  } finally {
    await Promise.allSettled([listening.end(), sending.end()]);
  }
}
