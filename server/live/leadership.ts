import pg from "pg";
import type { Logger } from "pino";
import { KEEP_ALIVE_MS, limitSilence, SILENCE_MAX_MS } from "@/db/queries/advisory-lock";
import { loopKey } from "@/db/queries/loops";

const QUERY_TIMEOUT_MS = 5_000;

/** How long to wait for the end of a connection: a database that is silent never confirms it, in milliseconds. */
const END_MAX_MS = 1_000;

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
  #lastQueryAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #checking: Promise<void> | null = null;

  constructor(
    private readonly databaseUrl: string,
    private readonly log: Logger,
    private readonly onGained: (name: string) => void = () => {},
  ) {}

  start(names: string[]): void {
    for (const name of names) this.#wanted.add(name);
    this.#begin();
    this.#timer = setInterval(() => this.#begin(), KEEP_ALIVE_MS);
  }

  leads(name: string): boolean {
    return !this.#isClosed && this.#held.has(name) && performance.now() - this.#lastQueryAt < SILENCE_MAX_MS;
  }

  /** Resolves when no lock is held: also one that was being asked for, on a connection that was being made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#held.clear();
    if (this.#client) await endClient(this.#client);
    await this.#checking;
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null;
    });
  }

  /** Asks for locks that are not held, and notices when the session that holds the others is gone. */
  async #check(): Promise<void> {
    try {
      const client = this.#client ?? (await this.#connect());
      for (const name of this.#wanted) {
        if (this.#isClosed) return;
        if (this.#held.has(name)) continue;
        if (!(await this.#query(client, "SELECT pg_try_advisory_lock($1::bigint) AS is_held", [loopKey(name)])))
          continue;
        this.#held.add(name);
        this.log.info({ loop: name }, "this replica leads the loop");
        this.onGained(name);
      }
      await this.#query(client, "SELECT true AS is_held", []);
    } catch (error) {
      this.#handleLoss(this.#client, error);
    }
  }

  async #query(client: pg.Client, query: string, values: string[]): Promise<boolean> {
    const askedAt = performance.now();
    const { rows } = await client.query<{ is_held: boolean }>(query, values);
    this.#lastQueryAt = askedAt;
    return rows[0]?.is_held === true;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: "agentrun-loops",
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on("error", (error) => this.#handleLoss(client, error));
    try {
      await client.connect();
      await limitSilence(client);
      if (this.#isClosed) throw new Error("closed while it connected");
    } catch (error) {
      const ended = endClient(client);
      // Only who closes waits: a database that is silent does not answer this either.
      if (this.#isClosed) await ended;
      throw error;
    }
    this.#client = client;
    return client;
  }

  #handleLoss(client: pg.Client | null, error: unknown): void {
    // The loss of a client that was given up before means nothing.
    if (client !== this.#client) return;
    if (this.#held.size > 0)
      this.log.warn({ err: error }, "lost the loops' database session: this replica leads no loop");
    this.#held.clear();
    this.#client = null;
    if (client) void endClient(client);
  }
}

async function endClient(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, END_MAX_MS);
  });
  await Promise.race([client.end().catch(() => undefined), isOver]);
  clearTimeout(timer);
}
