import type { Logger } from "pino";
import { isDatabaseDown } from "@/db/errors";
import { MigrationError, migrate } from "@/db/migrate";
import { assertListenWorks, ListenLostError } from "@/server/live";

/** The exit code that tells the starter that another start would end the same way. */
export const EXIT_UNUSABLE_DATABASE = 78;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/** Whether something is wrong with the database that waiting cannot fix. */
export function isUnusableDatabase(error: unknown): error is MigrationError | ListenLostError {
  return error instanceof MigrationError || error instanceof ListenLostError;
}

/** Migrates the database, waiting for it as long as it takes. Throws when it cannot be used at all. */
export async function prepareDatabase(databaseUrl: string, log: Logger, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await migrate(databaseUrl);
      await assertListenWorks(databaseUrl);
      return;
    } catch (error) {
      if (isUnusableDatabase(error) && !isDatabaseDown(error.cause)) throw error;
      if (attempt === 0) log.warn({ err: error }, "the database cannot be prepared yet: trying again");
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MIN_MS * 2 ** attempt, RETRY_MAX_MS)));
  }
}
