import { readServerEnv } from "./env";
import { createLog } from "./log";
import { prepareDatabase } from "./migrate";
import { fail, onStop } from "./process";

// Migrates the database and exits. A deployment runs this before the programs that need it.
try {
  const env = readServerEnv();
  const log = createLog(env.LOG_LEVEL, "migrate");
  const stopping = new AbortController();
  const prepared = prepareDatabase(env.DATABASE_URL, log, stopping.signal);
  onStop(log, async () => {
    stopping.abort();
    await prepared;
    throw new Error("stopped before the database was up to date");
  });
  await prepared;
  if (!stopping.signal.aborted) {
    log.info("the database is up to date");
    process.exit(0);
  }
} catch (error) {
  fail(error);
}
