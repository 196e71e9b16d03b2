import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { DatabaseClient } from "./client";
import { sqlState } from "./errors";
import { limitSilence, SILENCE_MAX_MS } from "./queries/advisory-lock";
import { renewFeedEpoch } from "./queries/feed-epoch";

/**
 * Thrown when a migration cannot be applied, or when the database has another history than this program; in the latter
 * case nothing is changed.
 */
export class MigrationError extends Error {
  readonly failureKind = "infra-failed";
  constructor(
    readonly migrationId: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`migration ${migrationId}: ${problem}`, options);
  }
}

export type Migration = { id: string; sql: string; checksum: string };
type AppliedRow = { id: string; checksum: string; adopted_checksum: string | null };

/**
 * The number of v0.1's own migrations. A database that v0.1 wrote holds checksums of texts that this program does not
 * have, and keeps them.
 */
const V01_MIGRATIONS = 7;
const STATEMENT_BREAKPOINT = "--> statement-breakpoint";
/**
 * First line of a migration whose statements each run in a transaction of their own, for indexes that are built and
 * dropped while the tables are in use. Such a migration may stop after any statement and then starts again from the
 * first, so each statement must be safe to repeat.
 */
const OUTSIDE_TRANSACTION = "-- agentrun: outside a transaction\n";
const BUILT_INDEX = /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS "(\w+)"/m;
/** Any number, as long as every process that migrates uses the same. */
const ADVISORY_LOCK = 4_027_311_005;
const CONNECT_MS = 5_000;
const LOCK_RETRY_MS = 100;

/**
 * Brings a database to this program's schema, with one transaction for each migration unless its first line says
 * otherwise. Several processes may start at once: one applies, the others wait and find it done. Throws
 * `MigrationError` when a checksum changed or an id is unknown.
 */
export async function migrate(databaseUrl: string, migrations: Migration[] = readMigrations()): Promise<void> {
  const client = new DatabaseClient({
    connectionString: databaseUrl,
    application_name: "agentrun-migrate",
    connectionTimeoutMillis: CONNECT_MS,
    idle_in_transaction_session_timeout: SILENCE_MAX_MS,
  });
  await client.connect();
  try {
    await limitSilence(client);
    await lock(client);
    const applied = await readApplied(client);
    verify(applied, migrations);
    const missing = migrations.filter(({ id }) => !applied.some((row) => row.id === id));
    if (missing.length > 0) await prepareBookkeeping(client, migrations);
    if (applied.length > 0) await prepareAdoption(client, missing);
    for (const migration of missing) await apply(client, migration);
    await renewFeedEpoch(client);
  } finally {
    await client.end();
  }
}

/** Reads `drizzle/`, found beside the bundle or in the nearest folder above this file. */
export function readMigrations(folder = findMigrations()): Migration[] {
  const journal = JSON.parse(readFileSync(path.join(folder, "meta/_journal.json"), "utf8")) as {
    entries: { tag: string }[];
  };
  return journal.entries.map(({ tag }) => {
    const sql = readFileSync(path.join(folder, `${tag}.sql`), "utf8").trim();
    return { id: tag, sql, checksum: createHash("sha256").update(sql).digest("hex") };
  });
}

/**
 * Returns the ids of the applied migrations, by which a program decides whether the schema has all that it needs. A
 * newer schema does, so that old replicas keep working through a rollout.
 */
export async function appliedMigrationIds(client: Pick<pg.Client, "query">): Promise<string[]> {
  return (await readApplied(client)).map((row) => row.id);
}

function findMigrations(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "drizzle");
    if (existsSync(path.join(candidate, "meta/_journal.json"))) return candidate;
    if (folder === path.dirname(folder)) throw new Error("the folder drizzle/ with the migrations is missing");
  }
}

async function readApplied(client: Pick<pg.Client, "query">): Promise<AppliedRow[]> {
  const columns = await client.query<{ column_name: string }>(
    `SELECT column_name FROM information_schema.columns
     WHERE table_name = 'agentrun_schema_migrations' AND table_schema = ANY (current_schemas(false))`,
  );
  if (columns.rows.length === 0) return [];
  const adopted = columns.rows.some((row) => row.column_name === "adopted_checksum")
    ? "adopted_checksum"
    : "NULL AS adopted_checksum";
  const { rows } = await client.query<AppliedRow>(
    `SELECT id, checksum, ${adopted} FROM agentrun_schema_migrations ORDER BY id`,
  );
  return rows;
}

function verify(applied: AppliedRow[], migrations: Migration[]): void {
  // Unknown ids are reported first: other differences may be a mere consequence of them.
  for (const { id } of applied) {
    if (migrations.some((migration) => migration.id === id)) continue;
    throw new MigrationError(
      id,
      "is applied in the database but unknown to this program: start the release that wrote it, or a later one",
    );
  }
  const isOfV01 = (id: string) => migrations.slice(0, V01_MIGRATIONS).some((known) => known.id === id);
  if (applied.every(({ id }) => isOfV01(id))) return; // v0.1 wrote it: its checksums are accepted as they are
  for (const row of applied) {
    const known = migrations.find((migration) => migration.id === row.id);
    if (row.checksum === (row.adopted_checksum ?? known?.checksum)) continue;
    throw new MigrationError(
      row.id,
      "its checksum differs from the one that was applied: restore the file, or the row of agentrun_schema_migrations",
    );
  }
}

async function prepareBookkeeping(client: pg.Client, migrations: Migration[]): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS agentrun_schema_migrations
     (id text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  await client.query("ALTER TABLE agentrun_schema_migrations ADD COLUMN IF NOT EXISTS adopted_checksum text");
  for (const { id, checksum } of migrations.slice(0, V01_MIGRATIONS)) {
    await client.query(
      "UPDATE agentrun_schema_migrations SET adopted_checksum = checksum WHERE id = $1 AND checksum <> $2 AND adopted_checksum IS NULL",
      [id, checksum],
    );
  }
}

/** The migration that adopts the rows of v0.1, and a later one that it relies on. */
const ADOPTION = "009_adopt_v01_rows_and_stamp_changes";
const DEFAULTS = "044_defaults_of_v01_times";

/**
 * Applies to a database of v0.1 what the adoption expects to find. The later migration repeats it in its turn, without
 * harm.
 */
async function prepareAdoption(client: pg.Client, missing: Migration[]): Promise<void> {
  const defaults = missing.find(({ id }) => id === DEFAULTS);
  if (!defaults || !missing.some(({ id }) => id === ADOPTION)) return;
  try {
    await client.query(defaults.sql);
  } catch (error) {
    throw toMigrationError(defaults, error);
  }
}

/**
 * Waits for the lock by trying again and again. A statement that waits holds a snapshot, and the holder of the lock,
 * while it builds an index concurrently, would have to wait for that snapshot.
 */
async function lock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ isOurs: boolean }>('SELECT pg_try_advisory_lock($1) AS "isOurs"', [
      ADVISORY_LOCK,
    ]);
    if (rows[0]?.isOurs) return;
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
}

const DEADLOCK = "40P01";

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const isTransactional = !migration.sql.startsWith(OUTSIDE_TRANSACTION);
  try {
    if (isTransactional) await client.query("BEGIN");
    for (const statement of migration.sql.split(STATEMENT_BREAKPOINT)) {
      if (isTransactional) await client.query(statement);
      else await applyAlone(client, statement);
    }
    await client.query("INSERT INTO agentrun_schema_migrations (id, checksum) VALUES ($1, $2)", [
      migration.id,
      migration.checksum,
    ]);
    if (isTransactional) await client.query("COMMIT");
  } catch (error) {
    if (isTransactional) await client.query("ROLLBACK");
    throw toMigrationError(migration, error);
  }
}

function toMigrationError({ id }: Migration, error: unknown): MigrationError {
  return new MigrationError(id, error instanceof Error ? error.message : String(error), { cause: error });
}

/** How often a build that met a deadlock is started again. */
const DEADLOCKS_MAX = 20;

/**
 * Runs a statement that cannot be rolled back. A replica of the previous release waits for the lock in one statement,
 * whose snapshot a concurrent build waits for in turn. PostgreSQL ends one of the two, and the build starts again.
 */
async function applyAlone(client: pg.Client, statement: string): Promise<void> {
  for (let deadlocks = 0; ; deadlocks += 1) {
    await dropHalfBuilt(client, statement);
    try {
      await client.query(statement);
      return;
    } catch (error) {
      if (sqlState(error) !== DEADLOCK || deadlocks >= DEADLOCKS_MAX) throw error;
    }
  }
}

/** Drops an index whose build was interrupted: it remains, answers no query and would be taken for built. */
async function dropHalfBuilt(client: pg.Client, statement: string): Promise<void> {
  const name = BUILT_INDEX.exec(statement)?.[1];
  if (name === undefined) return;
  const { rows } = await client.query(
    "SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT (indisvalid AND indisready)",
    [name],
  );
  if (rows.length > 0) await client.query(`DROP INDEX CONCURRENTLY "${name}"`);
}
