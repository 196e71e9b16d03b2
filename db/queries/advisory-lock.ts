import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Tx } from "@/db/client";

/** The database ends a session that holds a lock and has said nothing for so long. */
export const SILENCE_MAX_MS = 15_000;
/** So whoever holds one says something this often. */
export const SPEAK_MS = 2_000;

/**
 * For a session that will hold a lock: a machine that loses its power closes no connection, and TCP by itself would
 * keep what its sessions held for hours.
 */
export async function boundSilence(client: pg.ClientBase): Promise<void> {
  await client.query(`SET idle_session_timeout = ${SILENCE_MAX_MS}`);
}

/**
 * Runs work under a lock that a connection of its own holds: it goes with the process or the machine, however those
 * end. Waits for the lock as long as for any other (SQLSTATE 55P03), and takes one connection of the pool, which is
 * closed with it.
 */
export async function withAdvisoryLock<T>(pool: pg.Pool, key: bigint, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await boundSilence(client);
    await client.query("SELECT pg_advisory_lock($1)", [key.toString()]);
    const stopSpeaking = speak(client);
    try {
      return await work();
    } finally {
      await stopSpeaking();
      // A lock that cannot be given back goes with the connection.
      await client.query("SELECT pg_advisory_unlock($1)", [key.toString()]).catch(() => undefined);
    }
  } finally {
    client.release(true);
  }
}

/** Keeps a session from being silent until it is told to stop. */
function speak(client: pg.ClientBase): () => Promise<unknown> {
  let said: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    // A connection that broke says so to whoever asks it for something.
    said ??= client
      .query("SELECT 1")
      .catch(() => undefined)
      .finally(() => {
        said = null;
      });
  }, SPEAK_MS);
  return () => {
    clearInterval(timer);
    return Promise.resolve(said);
  };
}

/** Whoever removes a volume that no session names holds its key alone. */
export function volumeKey(name: string): bigint {
  return keyOf(`volume ${name}`);
}

function keyOf(name: string): bigint {
  return createHash("sha256").update(name).digest().readBigInt64BE();
}

/** Whoever adds to what one owner has so many of at most holds its key alone, until what was added is committed. */
export async function lockOwnerKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${keyOf(name).toString()}::bigint)`);
}

/** Whoever makes a session that names a volume shares its key until the row is committed. */
export async function shareVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${volumeKey(name).toString()}::bigint)`);
}

/** The keys of many volumes, for a statement that shares them: in one order, so that two never wait for each other. */
export function volumeKeys(names: string[]): string[] {
  const keys = names.map((name) => volumeKey(name)).sort((left, right) => (left < right ? -1 : 1));
  return keys.map(String);
}

/** Whoever makes a session of a volume that has none holds its key alone, until the row is committed. */
export async function lockVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${volumeKey(name).toString()}::bigint)`);
}
