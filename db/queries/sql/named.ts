import { fillPlaceholders, type SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type pg from "pg";
import { type Db, getClient, type Tx } from "@/db/client";
import { statementName } from "@/db/statement-name";

const dialect = new PgDialect({ casing: "snake_case" });

/**
 * Runs a statement that each connection plans once and keeps; for statements that take longer to plan than to run.
 * There must be few such texts: whatever differs between calls has to be a parameter, except limits that steer the
 * plan. docs/ARCHITECTURE.md, "Prepared statements", compares this with the other ways to keep a plan.
 */
export async function executeNamed<Row extends pg.QueryResultRow>(db: Db | Tx, statement: SQL): Promise<Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  const { rows } = await getClient(db).query<Row>({ name: findName(text), text, values: params });
  return rows;
}

/**
 * Does the same for a statement that also takes long to build. It is built once for each shape: the shape holds
 * everything that its text depends on, and the values of its placeholders come with each call.
 */
export function shaped<Shape extends object, Row extends pg.QueryResultRow>(
  build: (shape: Shape) => SQL,
): (db: Db | Tx, shape: Shape, values: Record<string, unknown>) => Promise<Row[]> {
  const built = new Map<string, { name: string; text: string; params: unknown[] }>();
  const buildOnce = (shape: Shape) => {
    const key = JSON.stringify(shape);
    const existing = built.get(key);
    if (existing) return existing;
    if (built.size >= NAMES_MAX) throw new Error("too many shapes of a statement: a value stands in one");
    const { sql: text, params } = dialect.sqlToQuery(build(shape));
    const entry = { name: findName(text), text, params };
    built.set(key, entry);
    return entry;
  };
  return async (db, shape, values) => {
    const { params, ...statement } = buildOnce(shape);
    const { rows } = await getClient(db).query<Row>({ ...statement, values: fillPlaceholders(params, values) });
    return rows;
  };
}

const names = new Map<string, string>();
/** More texts than there are variants: a text that contains a value would let the cache grow for ever. */
const NAMES_MAX = 1_000;

function findName(text: string): string {
  const existing = names.get(text);
  if (existing !== undefined) return existing;
  if (names.size >= NAMES_MAX) throw new Error("too many named statements: a value stands in a text");
  const name = statementName(text);
  names.set(text, name);
  return name;
}
