import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { markFromDatabase } from "./errors";

export type Db = NodePgDatabase<Record<string, never>>;
declare const txBrand: unique symbol;
/** An open transaction. Locking statements take this type, so that locking outside a transaction does not compile. */
export type Tx = Db & { readonly [txBrand]: true };

export type Database = {
  pool: pg.Pool;
  db: Db;
  close(): Promise<void>;
};

export type ConnectOptions = {
  /** Maximum connections; 16 by default. */
  poolMax?: number;
  applicationName?: string;
  /**
   * For the event appender only. Plans its few large statements once for each connection, whatever their values. Each
   * of these statements locks the runs whose events it stores, so the trigger does not look for them again (migration
   * 041).
   */
  isForAppending?: boolean;
  /** Limit, in milliseconds, on connecting, on a statement and on a pause within a transaction; 5,000 by default. */
  deadlineMs?: number;
  /** Called with errors of idle connections, which would otherwise end the process. */
  onIdleError?: (error: Error) => void;
};

/** Maximum wait of a statement for a lock, in milliseconds. */
const LOCK_TIMEOUT_MS = 2_000;
const DEADLINE_MS = 5_000;
const APPENDING = "-c plan_cache_mode=force_generic_plan -c agentrun.locks_runs=on";
/**
 * The database reports within this time what it ended for taking too long. A client that still hears nothing has nobody
 * to hear it from.
 */
const SILENCE_AFTER_DEADLINE_MS = 2_000;

/**
 * A connection whose errors say that they are the database's. One that breaks while it is held, between two statements,
 * does not end the process: its holder's next statement fails.
 */
export class DatabaseClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", markFromDatabase);
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | undefined {
    // The pool waits by a callback, and has the error by it alone.
    if (callback) {
      super.connect((error: Error) => {
        markFromDatabase(error);
        callback(error);
      });
      return undefined;
    }
    return super.connect().then(
      () => this,
      (error: unknown) => {
        markFromDatabase(error);
        throw error;
      },
    );
  }
}

/** Opens a pool. Nothing is connected until the first statement. */
export function connect(databaseUrl: string, options: ConnectOptions = {}): Database {
  const { deadlineMs = DEADLINE_MS } = options;
  const pool = new pg.Pool({
    Client: DatabaseClient,
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
  return { pool, db: toDb(pool), close: () => pool.end() };
}

const dbByClient = new WeakMap<object, Db>();

/**
 * Returns Drizzle over a pool or one of its clients; cached for each, since building it costs more than a short
 * statement.
 */
export function toDb(client: pg.Pool | pg.PoolClient): Db {
  const existing = dbByClient.get(client);
  if (existing) return existing;
  const db: Db = drizzle(client, { casing: "snake_case" });
  dbByClient.set(client, db);
  return db;
}

/** Returns the pool or client behind a `Db`, for named statements whose values are passed as bytes. */
export function getClient(db: Db | Tx): pg.Pool | pg.PoolClient {
  const client = (db as { $client?: pg.Pool | pg.PoolClient }).$client;
  if (!client) throw new Error("this database is over no client");
  return client;
}
