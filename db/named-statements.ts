import type pg from "pg";
import { statementName } from "./statement-name";

/** The use of a text on a connection from which on it is a named statement. */
const NAMED_FROM = 5;
/** Maximum named statements of a connection. None is ever dropped: later texts go unnamed. */
export const NAMES_MAX = 100;
/** Maximum length of a text that is worth a plan: a longer one contains a list of values and differs each time. */
const TEXT_MAX = 8_000;
/** Maximum texts whose uses are counted at once. */
const TRACKED_MAX = 200;

const wrappedClients = new WeakMap<pg.PoolClient, pg.PoolClient>();

/**
 * Wraps the client of a transaction so that PostgreSQL plans repeated statements once. A read or change by key takes
 * longer to plan than to run, and a run's life has dozens of them. PostgreSQL itself still plans anew where the values
 * matter to the plan. docs/ARCHITECTURE.md, "Prepared statements", compares this with the other ways to keep a plan.
 */
export function withNamedStatements(client: pg.PoolClient): pg.PoolClient {
  const existing = wrappedClients.get(client);
  if (existing) return existing;
  const findName = countUses();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (statement: string | pg.QueryConfig, ...rest: unknown[]) => {
    // Drizzle sends each statement as an object, followed by its values. A text without values may contain several
    // statements.
    const isUnnamed = typeof statement === "string" || statement.name !== undefined || !hasValues(rest[0]);
    const name = isUnnamed ? undefined : findName(statement.text);
    return isUnnamed || name === undefined ? query(statement, ...rest) : query({ ...statement, name }, ...rest);
  };
  const wrapped: pg.PoolClient = Object.create(client, { query: { value: named } });
  wrappedClients.set(client, wrapped);
  return wrapped;
}

function hasValues(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0;
}

/** Returns a function that names a text on one connection once it has been used often enough. */
function countUses(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  const useCounts = new Map<string, number>();
  return (text) => {
    const existing = names.get(text);
    if (existing !== undefined || names.size >= NAMES_MAX || text.length > TEXT_MAX) return existing;
    const count = (useCounts.get(text) ?? 0) + 1;
    if (count < NAMED_FROM) {
      if (useCounts.size >= TRACKED_MAX) useCounts.clear();
      useCounts.set(text, count);
      return undefined;
    }
    useCounts.delete(text);
    const name = statementName(text);
    names.set(text, name);
    return name;
  };
}
