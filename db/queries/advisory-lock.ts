import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Tx } from "@/db/client";

/**
 * Runs work under a lock that a connection of its own holds: it goes with the process, however that ends. Waits for
 * the lock as long as for any other (SQLSTATE 55P03), and keeps one connection of the pool.
 */
export async function withAdvisoryLock<T>(pool: pg.Pool, key: bigint, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query("SELECT pg_advisory_lock($1)", [key.toString()]);
    try {
      return await work();
    } finally {
      await client.query("SELECT pg_advisory_unlock($1)", [key.toString()]).catch(() => {
        isBroken = true;
      });
    }
  } finally {
    client.release(isBroken);
  }
}

/** Whoever removes a volume that no session names holds its key alone. */
export function volumeKey(name: string): bigint {
  return createHash("sha256").update(`volume ${name}`).digest().readBigInt64BE();
}

/** Whoever makes a session that names a volume shares its key until the row is committed. */
export async function shareVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${volumeKey(name).toString()}::bigint)`);
}

/** As `shareVolumeKey`, of many: in one order, so that two of them never wait for each other. */
export async function shareVolumeKeys(tx: Tx, names: string[]): Promise<void> {
  const keys = names.map((name) => volumeKey(name)).sort((left, right) => (left < right ? -1 : 1));
  await tx.execute(
    sql`select pg_advisory_xact_lock_shared(key) from unnest(${sql.param(keys.map(String))}::bigint[]) as key`,
  );
}

/** Whoever makes a session of a volume that has none holds its key alone, until the row is committed. */
export async function lockVolumeKey(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${volumeKey(name).toString()}::bigint)`);
}
