import { createHash } from "node:crypto";
import type { ZodType } from "zod";
import { InvalidCursorError } from "./errors";
import { canonicalJson } from "./idempotency";

type Position = readonly (string | number | null)[];

/**
 * Encodes an opaque cursor: a position in a list's order, bound to the filter that it was made for. Positions hold what
 * the database printed: a timestamp as text, because a Date would lose its microseconds.
 */
export function encodeCursor(filter: object, position: Position): string {
  return Buffer.from(JSON.stringify([filterHash(filter), ...position])).toString("base64url");
}

/** Decodes a cursor of any kind. */
function openCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidCursorError("the cursor is damaged");
  }
}

/** Encodes a cursor into a run's events with the state of what was under way there. */
export function encodeFold(state: { runId: string }): string {
  return Buffer.from(JSON.stringify(state)).toString("base64url");
}

/** Decodes the state of such a cursor. A caller that made it up only gets wrong answers itself. */
export function decodeFold<State extends { runId: string }>(
  form: ZodType<State>,
  runId: string,
  cursor: string,
): State {
  const { data } = form.safeParse(openCursor(cursor));
  if (data === undefined) throw new InvalidCursorError("the cursor is damaged");
  if (data.runId !== runId) throw new InvalidCursorError("the cursor belongs to another run");
  return data;
}

/** Returns the position that a cursor holds. Throws for a cursor of another filter, or with another number of parts. */
export function decodeCursor(filter: object, cursor: string, parts: number): (string | number | null)[] {
  const decoded = openCursor(cursor);
  if (!Array.isArray(decoded) || decoded.length !== parts + 1 || !decoded.every(isPart)) {
    throw new InvalidCursorError("the cursor is damaged");
  }
  const [hash, ...position] = decoded;
  if (hash !== filterHash(filter)) throw new InvalidCursorError("the cursor belongs to another filter");
  return position;
}

function isPart(part: unknown): part is string | number | null {
  if (typeof part === "string") return !part.includes("\0");
  return part === null || Number.isSafeInteger(part);
}

const INT32_MAX = 2_147_483_647;

/**
 * Returns the place that a list's cursor holds: any parts, then an instant and an id. Refuses a made-up place that
 * PostgreSQL could not read, because it would fail the statement.
 */
export function decodePlace(filter: object, cursor: string, parts: number): (string | number | null)[] {
  const place = decodeCursor(filter, cursor, parts);
  const isReadable = place.every((part) => typeof part !== "number" || Math.abs(part) <= INT32_MAX);
  if (!isReadable || !isPrintedInstant(place.at(-2)) || typeof place.at(-1) !== "string")
    throw new InvalidCursorError("the cursor is damaged");
  return place;
}

const PRINTED =
  /^(?<year>\d{4}|[1-9]\d{4,5})-(?<month>\d\d)-(?<day>\d\d) ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}(?<bc> BC)?$/;
/** PostgreSQL's first full year, 4713 BC. Its last year lies beyond JavaScript's range, which no list reaches. */
const YEAR_MIN = -4_712;

/** Whether a part is a timestamptz as PostgreSQL prints it, of an existing day. */
export function isPrintedInstant(part: unknown): boolean {
  const { year, month, day, bc } = (typeof part === "string" && PRINTED.exec(part)?.groups) || {};
  if (Number(year) < 1) return false;
  // 1 BC is the year before year 1.
  const counted = bc === undefined ? Number(year) : 1 - Number(year);
  const date = new Date(0);
  date.setUTCFullYear(counted, Number(month) - 1, Number(day));
  return counted >= YEAR_MIN && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function filterHash(filter: object): string {
  return createHash("sha256").update(canonicalJson(filter)).digest("base64url").slice(0, 12);
}

/** Splits `limit + 1` rows into a page and the cursor of the next page. */
export function pageFrom<Row>(
  rows: Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { rows: Row[]; cursor: string | null } {
  if (rows.length <= limit) return { rows, cursor: null };
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, cursor: last === undefined ? null : cursorOf(last) };
}

/** How many rows match; `hasMore`: there may be more. */
export type Counted = { count: number; hasMore: boolean };

/** Makes a count from at most `max + 1` rows. `isPart`: only some rows were looked at. */
export function countedFrom(rows: number, max: number, isPart: boolean): Counted {
  return { count: Math.min(rows, max), hasMore: rows > max || isPart };
}
