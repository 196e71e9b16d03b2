import type pg from "pg";
import { type Tx, toDb } from "./client";
import { AmbiguousCommitError, isPlanLost, isRetryable, isUnanswered } from "./errors";
import { withNamedStatements } from "./named-statements";

const ATTEMPTS_MAX = 5;
const RETRY_BASE_MS = 10;

export type TransactionOptions = {
  /** false: for statements with many texts, such as lists with any filter, each planned best for its own values. */
  keepsPlans?: boolean;
  /** Maximum tries; 5 by default. */
  attempts?: number;
};

/**
 * Runs work in one transaction. Serialization failures, deadlocks, lock time-outs and lost plans are retried with
 * jitter, up to 5 tries by default, so `work` must be safe to repeat. A client whose BEGIN, COMMIT or ROLLBACK failed
 * is closed instead of being given back. The first error is the one that is thrown.
 */
export async function withTransaction<T>(
  pool: pg.Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(pool, work, options);
    } catch (error) {
      if (attempt >= (options.attempts ?? ATTEMPTS_MAX) || !(isRetryable(error) || isPlanLost(error))) throw error;
      const delayMs = RETRY_BASE_MS * 2 ** attempt * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

async function runOnce<T>(
  pool: pg.Pool,
  work: (tx: Tx) => Promise<T>,
  { keepsPlans = true }: TransactionOptions,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await begin(client);
    const result = await work(asTx(keepsPlans ? withNamedStatements(client) : client));
    await commit(client);
    return result;
  } catch (error) {
    if (error instanceof BrokenClient) {
      broken = error;
      throw error.cause;
    }
    // Where no answer came, nobody is there to roll back; the database does so once the connection is closed. The
    // connection is also closed where a plan was lost, since it would keep using that plan.
    const isReusable = !isUnanswered(error) && !isPlanLost(error);
    broken = isReusable ? await rollback(client) : new Error("the connection is of no use", { cause: error });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The connection's state is unknown: it must not go back to the pool. */
class BrokenClient extends Error {}

async function begin(client: pg.PoolClient): Promise<void> {
  await client.query("BEGIN").catch((error: unknown) => {
    throw new BrokenClient("BEGIN failed", { cause: error });
  });
}

async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query("COMMIT").catch((error: unknown) => {
    // An error that the server itself reported means that it did roll back.
    const reported = error instanceof Error && "severity" in error;
    throw new BrokenClient("COMMIT failed", { cause: reported ? error : new AmbiguousCommitError(error) });
  });
  // PostgreSQL answers ROLLBACK to the COMMIT of a transaction in which a statement failed.
  if (command === "ROLLBACK") throw new Error("the transaction was rolled back: a failed statement in it was caught");
}

async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query("ROLLBACK");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The only place where a client with an open transaction becomes a `Tx`: BEGIN has been answered above. */
function asTx(client: pg.PoolClient): Tx {
  return toDb(client) as Tx;
}
