import { randomBytes } from "node:crypto";
import pg from "pg";
import { startTestServer } from "./server";

/**
 * The address of the test run's PostgreSQL. Without it, the first caller starts one that runs as long as its process.
 */
export const SERVER_URL_VARIABLE = "AGENTRUN_TEST_POSTGRES_URL";
const TEMPLATE = "agentrun_template";
/** Any number, as long as everything that makes the template uses the same. */
const TEMPLATE_LOCK = 4_207_715;

export interface TestDatabase extends AsyncDisposable {
  name: string;
  url: string;
  /** Opens a separate connection, for tests that race two of them. Closed with the database. */
  connect(): Promise<pg.Client>;
}

/**
 * Creates a database with all migrations applied, cloned from the run's template and dropped on disposal: `await using
 * database = await createTestDatabase()`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = await findServerUrl();
  await ensureTemplate(serverUrl);
  return cloneDatabase(serverUrl, TEMPLATE);
}

/** Creates an empty database, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return cloneDatabase(await findServerUrl(), "template0");
}

let ownServerUrl: Promise<string> | null = null;

function findServerUrl(): Promise<string> {
  const given = process.env[SERVER_URL_VARIABLE];
  if (given) return Promise.resolve(given);
  ownServerUrl ??= startTestServer().then((server) => server.url);
  return ownServerUrl;
}

let template: Promise<void> | null = null;

/** The first caller makes the template; the others wait for the lock and find it made. */
function ensureTemplate(serverUrl: string): Promise<void> {
  template ??= withAdmin(serverUrl, async (admin) => {
    await admin.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const found = await admin.query("select 1 from pg_database where datname = $1 and datistemplate", [TEMPLATE]);
    if (found.rowCount) return;
    const { migrate } = await import("@/db/migrate");
    await admin.query(`drop database if exists ${TEMPLATE}`);
    await admin.query(`create database ${TEMPLATE} template template0`);
    await migrate(replaceDatabase(serverUrl, TEMPLATE));
    await admin.query(`alter database ${TEMPLATE} is_template true allow_connections false`);
  });
  return template;
}

async function cloneDatabase(serverUrl: string, source: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  // Copying files needs a checkpoint, which is cheap without fsync; it took half as long as the other strategy.
  await withAdmin(serverUrl, (admin) => admin.query(`create database ${name} template ${source} strategy file_copy`));
  const clients: pg.Client[] = [];
  return {
    name,
    url: replaceDatabase(serverUrl, name),
    async connect() {
      const client = new pg.Client({ connectionString: replaceDatabase(serverUrl, name) });
      // A test may have its connection killed: the query in progress then fails, not the process.
      client.on("error", () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(clients.map((client) => client.end()));
      await withAdmin(serverUrl, (admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

async function withAdmin<T>(serverUrl: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function replaceDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
