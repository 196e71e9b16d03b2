import { readServerEnv } from "./env";
import { createLog } from "./log";
import { prepareDatabase } from "./migrate";
import { fail, onStop } from "./process";

// Brings the database up to date and ends: what a deployment runs before the programs that need it.
try {
  const env = readServerEnv();
  const log = createLog(env.LOG_LEVEL, "migrate");
  const stopping = new AbortController();
  onStop(log, async () => stopping.abort());
  await prepareDatabase(env.DATABASE_URL, log, stopping.signal);
  if (!stopping.signal.aborted) log.info("the database is up to date");
  process.exit(stopping.signal.aborted ? 1 : 0);
} catch (error) {
  fail(error);
}
