import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

export type AppliedMigrations = string[];

/** Reads the database's version, its clock, and the migrations applied to it. */
export async function readDatabaseFacts(
  db: Db | Tx,
): Promise<{ version: string; nowMs: number; migrations: AppliedMigrations }> {
  const { rows } = await db.execute<{ version: string; nowMs: number; migrations: AppliedMigrations }>(sql`
    select current_setting('server_version') as version,
      (select json_agg(id order by id) from agentrun_schema_migrations) as migrations,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs"`);
  const [row] = rows;
  if (!row) throw new Error("settings are one row");
  return row;
}

/**
 * Reads when the schema was last changed. Where no worker has ever been seen, none has been there at least since then.
 */
export async function readSchemaAge(db: Db | Tx): Promise<{ appliedAtMs: number; nowMs: number }> {
  const { rows } = await db.execute<{ appliedAtMs: number; nowMs: number }>(sql`
    select (extract(epoch from max(applied_at)) * 1000)::float8 as "appliedAtMs",
      (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs" from agentrun_schema_migrations`);
  const [row] = rows;
  if (!row) throw new Error("an aggregate answers one row");
  return row;
}
