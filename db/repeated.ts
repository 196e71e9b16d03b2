import type pg from "pg";
import { statementName } from "./statement-name";

/** The use of a text on a connection from which on it has a name there. */
const NAMED_FROM = 5;
/** Names that a connection keeps at most, none of which is given up: what comes later goes without. */
export const NAMES_MAX = 100;
/** Characters of a text that is worth a plan: a longer one holds a list of values, and is another each time. */
const TEXT_MAX = 8_000;
/** Texts whose uses are counted at once. */
const COUNTED_MAX = 200;

const naming = new WeakMap<pg.PoolClient, pg.PoolClient>();

/**
 * The client of a transaction, by which PostgreSQL plans what is asked for again and again once: a look or a change by a
 * key takes longer to plan than to run, and a run's life is dozens of them. PostgreSQL itself goes on planning anew what
 * its values matter to.
 */
export function namingRepeated(client: pg.PoolClient): pg.PoolClient {
  const known = naming.get(client);
  if (known) return known;
  const nameOf = countUses();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (asked: string | pg.QueryConfig, ...rest: unknown[]) => {
    // Drizzle sends each statement as an object, with its values behind it. Without any it may be several statements.
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
    if (known !== undefined || names.size >= NAMES_MAX || text.length > TEXT_MAX) return known;
    const count = (uses.get(text) ?? 0) + 1;
    if (count < NAMED_FROM) {
      if (uses.size >= COUNTED_MAX) uses.clear();
      uses.set(text, count);
      return undefined;
    }
    uses.delete(text);
    const name = statementName(text);
    names.set(text, name);
    return name;
  };
}
