import pg from "pg";
import type { Logger } from "pino";
import { boundSilence, SILENCE_MAX_MS, SPEAK_MS } from "@/db/queries/advisory-lock";
import { loopKey } from "@/db/queries/loops";

const ANSWER_MS = 5_000;

/**
 * Tracks which loops this replica leads: those whose advisory locks its one database session holds. The locks end with
 * the session, so a replica that dies or loses the database leads nothing, and another takes over within seconds. The
 * database ends the session of a silent replica, and such a replica knows by its own clock that it no longer leads.
 */
export class Leadership {
  readonly #wanted = new Set<string>();
  readonly #held = new Set<string>();
  #client: pg.Client | null = null;
  /** When the last answered query was sent. */
  #askedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #isChecking = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly log: Logger,
    private readonly onGained: (name: string) => void = () => {},
  ) {}

  start(names: string[]): void {
    for (const name of names) this.#wanted.add(name);
    void this.#check();
    this.#timer = setInterval(() => void this.#check(), SPEAK_MS);
  }

  leads(name: string): boolean {
    return this.#held.has(name) && performance.now() - this.#askedAt < SILENCE_MAX_MS;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#held.clear();
    await this.#client?.end().catch(() => undefined);
  }

  /** Asks for locks that are not held, and notices when the session that holds the others is gone. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#isClosed) return;
    this.#isChecking = true;
    try {
      const client = this.#client ?? (await this.#connect());
      for (const name of this.#wanted) {
        if (this.#held.has(name)) continue;
        if (!(await this.#ask(client, "SELECT pg_try_advisory_lock($1::bigint) AS is_held", [loopKey(name)]))) continue;
        this.#held.add(name);
        this.log.info({ loop: name }, "this replica leads the loop");
        this.onGained(name);
      }
      await this.#ask(client, "SELECT true AS is_held", []);
    } catch (error) {
      this.#lose(this.#client, error);
    } finally {
      this.#isChecking = false;
    }
  }

  async #ask(client: pg.Client, question: string, values: string[]): Promise<boolean> {
    const askedAt = performance.now();
    const { rows } = await client.query<{ is_held: boolean }>(question, values);
    this.#askedAt = askedAt;
    return rows[0]?.is_held === true;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: "agentrun-loops",
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    client.on("error", (error) => this.#lose(client, error));
    try {
      await client.connect();
      await boundSilence(client);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }

  #lose(client: pg.Client | null, error: unknown): void {
    // The loss of a client that was given up before means nothing.
    if (client !== this.#client) return;
    if (this.#held.size > 0)
      this.log.warn({ err: error }, "the database session of the loops is lost: this replica leads none");
    this.#held.clear();
    this.#client = null;
    void client?.end().catch(() => undefined);
  }
}
