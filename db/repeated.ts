import type pg from "pg";

/** Uses of a text on a connection after which it has a name there. */
const USES = 5;
/** Names that a connection keeps at most: each holds a plan, some tens of KB. What comes later goes without. */
export const NAMES_MAX = 100;
/** Texts whose uses are counted; one whose values stand in its text is a new one each time. */
const COUNTED_MAX = 1_000;

const naming = new WeakMap<pg.PoolClient, pg.PoolClient>();

/**
 * The client of a transaction, by which PostgreSQL plans what is asked for again and again once: a look or a change by a
 * key takes longer to plan than to run, and a run's life is dozens of them. It goes on planning anew what its values
 * matter to. Not for the pool: lists are many texts, and each is planned best for its own values.
 */
export function namingRepeated(client: pg.PoolClient): pg.PoolClient {
  const known = naming.get(client);
  if (known) return known;
  const nameOf = countUses();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (asked: string | pg.QueryConfig, ...rest: unknown[]) => {
    // What has no values is sent as it is: it may be several statements.
    const isPlain = typeof asked === "string" || asked.name !== undefined || !isFilled(rest[0]);
    const name = isPlain ? undefined : nameOf(asked.text);
    return isPlain || name === undefined ? query(asked, ...rest) : query({ ...asked, name }, ...rest);
  };
  const made: pg.PoolClient = Object.create(client, { query: { value: named } });
  naming.set(client, made);
  return made;
}

function isFilled(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0;
}

/** The name of a text on one connection, once it has been used often enough. */
function countUses(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= NAMES_MAX) return known;
    const count = (uses.get(text) ?? 0) + 1;
    if (count < USES) {
      if (uses.size >= COUNTED_MAX) uses.clear();
      uses.set(text, count);
      return undefined;
    }
    uses.delete(text);
    const name = `agentrun-repeated-${names.size + 1}`;
    names.set(text, name);
    return name;
  };
}
