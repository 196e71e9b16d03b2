import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Tx } from "@/db/client";
import { withTransaction } from "@/db/transaction";

/**
 * How much later sessions follow their runs' events, in milliseconds. A session that is locked is tried again after as
 * long.
 */
const FOLLOW_MS = 400;
/** How much later the next try follows a failure, in milliseconds. */
const RETRY_MS = 2_000;
const BATCH_MAX = 1_000;

/**
 * Updates sessions' lastEventSeq and lastActivityAt after events were stored. An append locks runs only, so that
 * writers of one session's events never wait for its row.
 */
export class SessionActivity {
  readonly #noted = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: pg.Pool,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Notes that a run has new events. */
  note(runId: string): void {
    this.#noted.add(runId);
    this.#schedule(FOLLOW_MS);
  }

  /** Writes what is noted, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write().then((isDone) => {
        this.#timer = null;
        if (this.#noted.size > 0) this.#schedule(isDone ? FOLLOW_MS : RETRY_MS);
      });
    }, delayMs);
  }

  /** Returns false when it failed. What was not written stays noted. */
  async #write(): Promise<boolean> {
    const noted = [...this.#noted];
    this.#noted.clear();
    while (noted.length > 0) {
      const batch = noted.splice(0, BATCH_MAX);
      try {
        const lockedRunIds = await withTransaction(this.pool, (tx) => followRuns(tx, batch));
        for (const runId of lockedRunIds) this.#noted.add(runId);
      } catch (error) {
        for (const runId of [...batch, ...noted]) this.#noted.add(runId);
        this.onFailure(error);
        return false;
      }
    }
    return true;
  }
}

/**
 * Follows the run that a session shows: the active one, else the last. Returns the runs whose session is locked by
 * somebody.
 */
async function followRuns(tx: Tx, runIds: string[]): Promise<string[]> {
  const ids = sql.param(runIds);
  const { rows: runs } = await tx.execute<{ runId: string; sessionId: string; isHeld: boolean }>(sql`
    with noted as (
      select id, session_id from agentrun_runs where id = any (${ids}::text[]) and session_id is not null
    ), held as (
      select session.session_id from agentrun_sessions session
      where session.session_id in (select session_id from noted)
      order by session.session_id for no key update skip locked
    )
    select noted.id as "runId", noted.session_id as "sessionId", held.session_id is not null as "isHeld"
    from noted left join held using (session_id)`);
  const sessionIds = sql.param(runs.filter((run) => run.isHeld).map((run) => run.sessionId));
  // A statement of its own, so that it sees what was committed before the locks: a seq never goes back.
  await tx.execute(sql`
    update agentrun_sessions session
    set last_event_seq = coalesce(
        (select run.last_event_seq from agentrun_runs run
          where run.id = coalesce(session.active_run_id, session.last_run_id)),
        session.last_event_seq),
      last_activity_at = clock_timestamp()
    where session.session_id = any (${sessionIds}::text[])`);
  return runs.filter((run) => !run.isHeld).map((run) => run.runId);
}
