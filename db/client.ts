import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";

export type Db = NodePgDatabase<Record<string, never>>;
declare const txBrand: unique symbol;
/** A transaction under way. A statement that locks takes this type: locking outside a transaction does not compile. */
export type Tx = Db & { readonly [txBrand]: true };

export type Database = {
  pool: pg.Pool;
  db: Db;
  close(): Promise<void>;
};

export type ConnectOptions = {
  /** Connections at most; 16 unless told. */
  poolMax?: number;
  applicationName?: string;
  /**
   * For the event appender alone. Its few large statements are planned once for each connection, whatever their
   * values; and since each locks the runs whose events it stores, no trigger looks for them again (migration 041).
   */
  isForAppending?: boolean;
  /** How long connecting, a statement, or a pause within a transaction may take, milliseconds; 5,000 unless told. */
  deadlineMs?: number;
  /** Hears of errors of idle connections, which would else end the process. */
  onIdleError?: (error: Error) => void;
};

/** How long a statement may wait for a lock, milliseconds. */
const LOCK_TIMEOUT_MS = 2_000;
const DEADLINE_MS = 5_000;
const APPENDING = "-c plan_cache_mode=force_generic_plan -c agentrun.locks_runs=on";
/** What the database itself ended for its time is told by then: who still hears nothing has nobody to hear it from. */
const SILENCE_AFTER_DEADLINE_MS = 2_000;

/** Opens a pool. Nothing is connected until the first statement. */
export function connect(databaseUrl: string, options: ConnectOptions = {}): Database {
  const { deadlineMs = DEADLINE_MS } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.poolMax ?? 16,
    application_name: options.applicationName ?? "agentrun",
    connectionTimeoutMillis: deadlineMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: deadlineMs,
    idle_in_transaction_session_timeout: deadlineMs,
    query_timeout: deadlineMs + SILENCE_AFTER_DEADLINE_MS,
    keepAlive: true,
    ...(options.isForAppending ? { options: APPENDING } : {}),
  });
  pool.on("error", (error) => options.onIdleError?.(error));
  // One that breaks while it is held, between two statements, would end the process: its holder's next statement tells.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return { pool, db: overClient(pool), close: () => pool.end() };
}

const overClients = new WeakMap<object, Db>();

/** Drizzle over a pool or one of its clients; made once for each, since making it costs more than a short statement. */
export function overClient(client: pg.Pool | pg.PoolClient): Db {
  const known = overClients.get(client);
  if (known) return known;
  const made: Db = drizzle(client, { casing: "snake_case" });
  overClients.set(client, made);
  return made;
}

/** The pool or client behind a `Db`, for statements that are named and take their values as bytes. */
export function clientOf(db: Db | Tx): pg.Pool | pg.PoolClient {
  const client = (db as { $client?: pg.Pool | pg.PoolClient }).$client;
  if (!client) throw new Error("this database is over no client");
  return client;
}
