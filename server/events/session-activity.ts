import type pg from "pg";

const FLUSH_MS = 500;

/**
 * Lets sessions follow their events within a second. An append locks runs alone; what it did is noted here and written
 * for all sessions at once, and the end of a turn writes it exactly.
 */
export class SessionActivity {
  readonly #lastSeqs = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly pool: pg.Pool,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Notes how far runs' events go now. */
  note(stored: { runId: string; lastSeq: number }[]): void {
    for (const { runId, lastSeq } of stored) {
      this.#lastSeqs.set(runId, Math.max(lastSeq, this.#lastSeqs.get(runId) ?? 0));
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Writes what was noted. A failure is told and not tried again: the next event or the turn's end says the same. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const noted = [...this.#lastSeqs];
    this.#lastSeqs.clear();
    if (noted.length === 0) return;
    try {
      // Neither column is a change that lists show, so that no reader is woken and the update touches no index.
      await this.pool.query(
        `with noted as (select * from unnest($1::text[], $2::int[]) as noted (run_id, last_seq)),
         followed as (
           select session.session_id, max(noted.last_seq) as last_seq
           from noted
           join agentrun_runs run on run.id = noted.run_id
           join agentrun_sessions session
             on session.session_id = run.session_id and coalesce(session.active_run_id, session.last_run_id) = run.id
           group by session.session_id)
         update agentrun_sessions session
         set last_event_seq = followed.last_seq, last_activity_at = clock_timestamp()
         from followed where session.session_id = followed.session_id`,
        [noted.map(([runId]) => runId), noted.map(([, lastSeq]) => lastSeq)],
      );
    } catch (error) {
      this.onError(error);
    }
  }
}
