import { createHash } from "node:crypto";
import pg from "pg";
import type { Logger } from "pino";

const CHECK_MS = 2_000;
const ANSWER_MS = 5_000;

/**
 * Which loops this replica leads: those whose advisory lock its one session holds. The locks go with the session, so
 * that a replica which dies or loses the database leads nothing, and another takes over within seconds.
 */
export class Leadership {
  readonly #wanted = new Set<string>();
  readonly #held = new Set<string>();
  #client: pg.Client | null = null;
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
    this.#timer = setInterval(() => void this.#check(), CHECK_MS);
  }

  leads(name: string): boolean {
    return this.#held.has(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#held.clear();
    await this.#client?.end().catch(() => undefined);
  }

  /** Asks for what is not held, and notices when the session that holds the rest is gone. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#isClosed) return;
    this.#isChecking = true;
    try {
      const client = this.#client ?? (await this.#connect());
      for (const name of this.#wanted) {
        if (this.#held.has(name)) continue;
        const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1::bigint) AS held", [
          lockKey(name),
        ]);
        if (!rows[0]?.held) continue;
        this.#held.add(name);
        this.log.info({ loop: name }, "this replica leads the loop");
        this.onGained(name);
      }
      await client.query("SELECT 1");
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#isChecking = false;
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: "agentrun-loops",
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    client.on("error", (error) => this.#lose(error));
    await client.connect();
    this.#client = client;
    return client;
  }

  #lose(error: unknown): void {
    if (this.#held.size > 0)
      this.log.warn({ err: error }, "the database session of the loops is lost: this replica leads none");
    this.#held.clear();
    const client = this.#client;
    this.#client = null;
    void client?.end().catch(() => undefined);
  }
}

/** One number a loop, the same in every replica. */
function lockKey(name: string): string {
  return createHash("sha256").update(`agentrun loop ${name}`).digest().readBigInt64BE(0).toString();
}
