import type pg from "pg";
import { statementName } from "./statement-name";

/** The use of a text on a connection from which on it is a named statement. */
const NAMED_FROM = 5;
/** Maximum named statements of a connection. None is ever dropped: later texts go unnamed. */
export const NAMES_MAX = 100;
/** Maximum length of a text that is worth a plan: a longer one contains a list of values and differs each time. */
const TEXT_MAX = 8_000;
/** Maximum texts whose uses are counted at once. */
const COUNTED_MAX = 200;

const naming = new WeakMap<pg.PoolClient, pg.PoolClient>();

/**
 * Wraps the client of a transaction so that PostgreSQL plans repeated statements once. A read or change by key takes
 * longer to plan than to run, and a run's life has dozens of them. PostgreSQL itself still plans anew where the values
 * matter to the plan. docs/ARCHITECTURE.md, "Prepared statements", compares this with the other ways to keep a plan.
 */
export function namingRepeated(client: pg.PoolClient): pg.PoolClient {
  const known = naming.get(client);
  if (known) return known;
  const nameOf = countUses();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (asked: string | pg.QueryConfig, ...rest: unknown[]) => {
    // Drizzle sends each statement as an object, followed by its values. A text without values may contain several
    // statements.
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

/** Returns a function that names a text on one connection once it has been used often enough. */
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
