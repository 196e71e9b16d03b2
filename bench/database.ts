import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { migrate } from "@/db/migrate";
import { startPostgres } from "@/supervisor/postgres/cluster";

export type BenchDatabase = AsyncDisposable & { url: string };

/**
 * One PostgreSQL for every contender of a run: durable, as in production, with memory and log enough that none of them
 * meets a checkpoint that another caused.
 */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const given = process.env.BENCH_DATABASE_URL;
  if (given) {
    await migrate(given);
    return { url: given, async [Symbol.asyncDispose]() {} };
  }
  const parent = path.resolve("test-results", "bench");
  mkdirSync(parent, { recursive: true });
  const dataDir = mkdtempSync(path.join(parent, "pg-"));
  const server = await startPostgres({
    dataDir,
    password: randomBytes(12).toString("hex"),
    logFile: path.join(dataDir, "postgres.log"),
    settings: { shared_buffers: "1GB", max_wal_size: "8GB", max_connections: "200" },
  });
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query("create database bench");
  await admin.end();
  const url = server.databaseUrl("bench");
  await migrate(url);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await server.stop(10_000);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
