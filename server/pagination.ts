import { createHash } from "node:crypto";
import type { ZodType } from "zod";
import { InvalidCursorError } from "./errors";
import { canonicalJson } from "./idempotency";

type Position = readonly (string | number | null)[];

/**
 * An opaque cursor: a position in a list's order, bound to the filter that it was made for. Positions hold what the
 * database printed (text of a timestamp, not a Date, which would lose its microseconds).
 */
export function encodeCursor(filter: object, position: Position): string {
  return Buffer.from(JSON.stringify([filterHash(filter), ...position])).toString("base64url");
}

/** What a cursor holds, whatever it is. */
function openCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidCursorError("the cursor is damaged");
  }
}

/** A cursor into a run's events that carries what was under way there. */
export function encodeFold(state: { runId: string }): string {
  return Buffer.from(JSON.stringify(state)).toString("base64url");
}

/** The state that such a cursor holds. Somebody may have made it up: then it tells nobody but them something wrong. */
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

/** The position that a cursor holds; refuses one of another filter, or of another number of parts. */
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
 * The place that a list's cursor holds: whatever comes first, then an instant and an id. Somebody may have made it up:
 * what PostgreSQL could not read is refused here, where it would fail the statement.
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
/** PostgreSQL's first whole year, 4713 BC; its last lies beyond JavaScript's, where no list gets. */
const YEAR_MIN = -4_712;

/** Text of a timestamptz as PostgreSQL prints it, of a day that there is. */
export function isPrintedInstant(part: unknown): boolean {
  const { year, month, day, bc } = (typeof part === "string" && PRINTED.exec(part)?.groups) || {};
  if (Number(year) < 1) return false;
  // The year before the first is 1 BC.
  const counted = bc === undefined ? Number(year) : 1 - Number(year);
  const date = new Date(0);
  date.setUTCFullYear(counted, Number(month) - 1, Number(day));
  return counted >= YEAR_MIN && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function filterHash(filter: object): string {
  return createHash("sha256").update(canonicalJson(filter)).digest("base64url").slice(0, 12);
}

/** Splits `limit + 1` rows into a page and the cursor of the next one. */
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

/** How many rows match; there may be more where it says so. */
export type Counted = { count: number; hasMore: boolean };

/** A count out of `max + 1` rows at most, of which only a part may have been looked at. */
export function countedFrom(rows: number, max: number, isPart: boolean): Counted {
  return { count: Math.min(rows, max), hasMore: rows > max || isPart };
}
