import path from "node:path";
import { DataFolderLockedError, lockDataFolder } from "@/supervisor/data-folder/lock";
import { DATABASE } from "@/supervisor/database";
import { startPostgres } from "@/supervisor/postgres/cluster";
import { POSTGRES_USER } from "@/supervisor/postgres/initialize";
import { readPort } from "./copy-cluster";

const STOP_DEADLINE_MS = 30_000;

/**
 * Has the data folder's PostgreSQL for the time of some work: the one of the product that runs on it, or, where none does,
 * one of its own, under the folder's lock.
 */
export async function withDatabase<T>(
  dataDir: string,
  password: string,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  const lock = await lockDataFolder(dataDir).catch((error: unknown) => {
    if (error instanceof DataFolderLockedError) return null;
    throw error;
  });
  if (lock === null) return work(await runningDatabaseUrl(dataDir, password));
  try {
    const server = await startPostgres({ dataDir, password, logFile: path.join(dataDir, "postgres.log") });
    try {
      return await work(server.databaseUrl(DATABASE));
    } finally {
      await server.stop(STOP_DEADLINE_MS);
    }
  } finally {
    await lock.release();
  }
}

async function runningDatabaseUrl(dataDir: string, password: string): Promise<string> {
  const port = await readPort(path.join(dataDir, "pg"));
  if (port === null)
    throw new Error(
      `AgentRun runs on ${dataDir}, and its PostgreSQL does not: it may be starting, or DATABASE_URL names another one, which is backed up by its own means.`,
    );
  return `postgres://${POSTGRES_USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
}
