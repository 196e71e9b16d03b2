import path from "node:path";
import pg from "pg";
import { rotateLog } from "./log";
import { freePort } from "./port";
import { type PostgresServer, startPostgres } from "./postgres/cluster";

export const DATABASE = "agentrun";
const LOG_CHECK_MS = 60_000;
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;

export interface Database {
  url: string;
  pid(): number | null;
  stop(deadlineMs: number): Promise<void>;
}

/** Starts the data folder's own PostgreSQL, and starts it again on the same port should it end. */
export async function startDatabase(opts: {
  dataDir: string;
  password: string;
  print(line: string): void;
}): Promise<Database> {
  const port = await freePort();
  const logFile = path.join(opts.dataDir, "postgres.log");
  const start = () => startPostgres({ ...opts, port, logFile, settings: {} });
  let server: PostgresServer | null = await start();
  /** A start in progress, which may already have brought a server up. */
  let starting: Promise<PostgresServer | null> = Promise.resolve(server);
  let isStopping = false;
  await createDatabase(server);
  const url = server.databaseUrl(DATABASE);

  async function restartWhenEnded(firstServer: PostgresServer): Promise<void> {
    let current = firstServer;
    let backoffMs = BACKOFF_MIN_MS;
    for (;;) {
      const exit = await current.exited;
      server = null;
      while (server === null) {
        if (isStopping) return;
        opts.print(`PostgreSQL ended with ${exit.signal ?? exit.code}: restarting in ${backoffMs} ms.`);
        await new Promise((resolve) => setTimeout(resolve, backoffMs));
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
        if (isStopping) return;
        starting = start().catch((error: Error) => {
          opts.print(error.message);
          return null;
        });
        server = await starting;
      }
      current = server;
    }
  }

  void restartWhenEnded(server);
  const logCheck = setInterval(() => void rotateLog(logFile).catch(() => undefined), LOG_CHECK_MS);
  return {
    url,
    pid: () => server?.pid ?? null,
    async stop(deadlineMs) {
      isStopping = true;
      clearInterval(logCheck);
      await (await starting)?.stop(deadlineMs);
    },
  };
}

async function createDatabase(server: PostgresServer): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (!found.rowCount) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
