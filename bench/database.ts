import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { migrate, readMigrations } from "@/db/migrate";
import { loadConsole } from "@/db/test/load-console";
import { startPostgres } from "@/supervisor/postgres/cluster";

export type BenchDatabase = AsyncDisposable & {
  url: string;
  /** A further database of the same server, migrated and empty. */
  create(): Promise<string>;
  /** A database of the same server that v0.1's seven migrations made, and nothing later. */
  createV01(): Promise<string>;
};

/** Which of the migrations are v0.1's own. */
const V01_MIGRATIONS = 7;

/**
 * One PostgreSQL for every contender of a run: durable, as in production, with memory and log enough that none of them
 * meets a checkpoint that another caused.
 */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const given = process.env.BENCH_DATABASE_URL;
  if (given) {
    await migrate(given);
    return {
      url: given,
      create: () => createDatabase(given),
      createV01: () => createV01(given),
      async [Symbol.asyncDispose]() {},
    };
  }
  const parent = path.resolve("test-results", "bench");
  mkdirSync(parent, { recursive: true });
  const dataDir = mkdtempSync(path.join(parent, "pg-"));
  const server = await startPostgres({
    dataDir,
    password: randomBytes(12).toString("hex"),
    logFile: path.join(dataDir, "postgres.log"),
    settings: { shared_buffers: "1GB", min_wal_size: "4GB", max_wal_size: "8GB", max_connections: "200" },
  });
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query("create database bench");
  await admin.end();
  const url = server.databaseUrl("bench");
  await migrate(url);
  await wearIn(url);
  return {
    url,
    create: () => createDatabase(url),
    createV01: () => createV01(url),
    async [Symbol.asyncDispose]() {
      await server.stop(10_000);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const LOG_MB = 1_536;

/**
 * A server that has run for a while writes its log into files of before. A new one is filled with zeros first, 16 MB,
 * for which every commit waits some 50 ms: at full load that is a tenth of all time.
 */
async function wearIn(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    "select pg_logical_emit_message(false, 'fill', repeat('x', 1048576)) from generate_series(1, $1)",
    [LOG_MB],
  );
  await client.query("checkpoint");
  await client.end();
}

/**
 * Fills a database with sessions and runs of before. In one without any, statements and the checks of foreign keys are
 * planned for tables of a page, and go on reading all of them while a bench makes thousands, until they are analyzed.
 */
export function loadPast(client: pg.Client): Promise<void> {
  return loadConsole(client, PAST);
}

const PAST = { sessions: 20_000, eventsPerRun: 2, longRunEvents: 0, approvals: 0, audit: 40_000, runners: 0 };

async function createDatabase(url: string): Promise<string> {
  const created = await createEmpty(url, "more");
  await migrate(created);
  return created;
}

async function createV01(url: string): Promise<string> {
  const created = await createEmpty(url, "v01");
  const client = new pg.Client({ connectionString: created });
  await client.connect();
  for (const { sql } of readMigrations().slice(0, V01_MIGRATIONS)) await client.query(sql);
  await client.end();
  return created;
}

async function createEmpty(url: string, prefix: string): Promise<string> {
  const name = `${prefix}_${randomBytes(4).toString("hex")}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}
