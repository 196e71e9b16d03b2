import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Sessions follow their runs' events this much later at most. */
const FOLLOW_MS = 500;
const BATCH_MAX = 1_000;

/**
 * Brings sessions' lastEventSeq and lastActivityAt after the events that were stored: an append locks runs only, so
 * that writers of one session's events never wait for its row.
 */
export class SessionActivity {
  readonly #seen = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Db,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  readonly note = (stored: { runId: string; lastSeq: number }[]): void => {
    for (const { runId, lastSeq } of stored) this.#seen.set(runId, Math.max(lastSeq, this.#seen.get(runId) ?? 0));
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#writing = this.#write();
    }, FOLLOW_MS);
  };

  /** Writes what is known and ends. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    while (this.#seen.size > 0) {
      const batch = [...this.#seen].slice(0, BATCH_MAX);
      for (const [runId, lastSeq] of batch) if (this.#seen.get(runId) === lastSeq) this.#seen.delete(runId);
      try {
        await followRuns(this.db, batch);
      } catch (error) {
        // The next events of these runs, or the end of their turn, bring the session up to date.
        this.onFailure(error);
        return;
      }
    }
  }
}

/** A session that somebody holds is passed over: whoever holds it is changing it anyway. */
async function followRuns(db: Db, batch: [runId: string, lastSeq: number][]): Promise<void> {
  const runIds = sql.param(batch.map(([runId]) => runId));
  const seqs = sql.param(batch.map(([, lastSeq]) => lastSeq));
  await db.execute(sql`
    with stored as (
      select run.session_id, seen.last_seq
      from unnest(${runIds}::text[], ${seqs}::int[]) seen (run_id, last_seq)
      join agentrun_runs run on run.id = seen.run_id
      join agentrun_sessions session on session.session_id = run.session_id and session.last_run_id = run.id
    ), held as (
      select session.session_id from agentrun_sessions session
      where session.session_id in (select session_id from stored)
      order by session.session_id for no key update skip locked
    )
    update agentrun_sessions session
    set last_event_seq = greatest(session.last_event_seq, stored.last_seq), last_activity_at = clock_timestamp()
    from stored join held using (session_id)
    where session.session_id = stored.session_id`);
}
