import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type pg from "pg";
import { clientOf, type Db, type Tx } from "@/db/client";
import { statementName } from "@/db/statement-name";

const dialect = new PgDialect({ casing: "snake_case" });

/**
 * Runs a statement that each connection plans once and keeps, for statements that take longer to plan than to run. Its
 * text must be one of few: whatever differs from call to call is a parameter, and limits that steer the plan are not.
 */
export async function executeNamed<Row extends pg.QueryResultRow>(db: Db | Tx, statement: SQL): Promise<Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  const { rows } = await clientOf(db).query<Row>({ name: nameOf(text), text, values: params });
  return rows;
}

const names = new Map<string, string>();
/** More texts than there are variants: a text that holds a value would grow it for ever. */
const NAMES_MAX = 1_000;

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= NAMES_MAX) throw new Error("too many named statements: a value stands in a text");
  const name = statementName(text);
  names.set(text, name);
  return name;
}
