import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Tx } from "@/db/client";

/** The database ends a session that holds a lock and has been silent for this long. */
export const SILENCE_MAX_MS = 15_000;
/** So every holder of a lock sends something this often. */
export const KEEP_ALIVE_MS = 2_000;

/**
 * Bounds the silence of a session that will hold a lock. A machine that loses power closes no connection, and TCP alone
 * would keep its sessions' locks for hours.
 */
export async function limitSilence(client: pg.ClientBase): Promise<void> {
  await client.query(`SET idle_session_timeout = ${SILENCE_MAX_MS}`);
}

/**
 * Runs work under an advisory lock held by a connection of its own, so that the lock ends with the process or the
 * machine, however they end. Waits for the lock as long as for any other (SQLSTATE 55P03). Takes one connection of the
 * pool and closes it afterwards.
 */
export async function withAdvisoryLock<T>(pool: pg.Pool, key: bigint, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await limitSilence(client);
    await client.query("SELECT pg_advisory_lock($1)", [key.toString()]);
    const stopKeepAlive = startKeepAlive(client);
    try {
      return await work();
    } finally {
      await stopKeepAlive();
      // A lock that cannot be released ends with the connection.
      await client.query("SELECT pg_advisory_unlock($1)", [key.toString()]).catch(() => undefined);
    }
  } finally {
    client.release(true);
  }
}

/** Keeps a session from falling silent until the returned function is called. */
function startKeepAlive(client: pg.ClientBase): () => Promise<unknown> {
  let pendingQuery: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    // A broken connection reports its error to the next caller that uses it.
    pendingQuery ??= client
      .query("SELECT 1")
      .catch(() => undefined)
      .finally(() => {
        pendingQuery = null;
      });
  }, KEEP_ALIVE_MS);
  return () => {
    clearInterval(timer);
    return Promise.resolve(pendingQuery);
  };
}

/** The key of a volume. Held exclusively while a volume that no session names is removed. */
export function volumeKey(name: string): bigint {
  return toKey(`volume ${name}`);
}

function toKey(name: string): bigint {
  return createHash("sha256").update(name).digest().readBigInt64BE();
}

/**
 * Takes an owner's key exclusively, until the commit. Held while adding a record of which an owner may have only so
 * many.
 */
export async function lockOwnerKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${toKey(name).toString()}::bigint)`);
}

/** Takes a volume's key in shared mode, until the commit. Held while a session is created that names the volume. */
export async function shareVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${volumeKey(name).toString()}::bigint)`);
}

/**
 * Returns the keys of many volumes for a statement that shares them, sorted so that two statements never wait for each
 * other.
 */
export function volumeKeys(names: string[]): string[] {
  const keys = names.map((name) => volumeKey(name)).sort((left, right) => (left < right ? -1 : 1));
  return keys.map(String);
}

/** Takes a volume's key exclusively, until the commit. Held while a session is created for a volume that has none. */
export async function lockVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${volumeKey(name).toString()}::bigint)`);
}
