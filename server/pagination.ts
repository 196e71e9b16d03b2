import { createHash } from "node:crypto";
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

/** The position that a cursor holds; refuses one of another filter, or of another number of parts. */
export function decodeCursor(filter: object, cursor: string, parts: number): (string | number | null)[] {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidCursorError("the cursor is damaged");
  }
  if (!Array.isArray(decoded) || decoded.length !== parts + 1 || !decoded.every(isPart)) {
    throw new InvalidCursorError("the cursor is damaged");
  }
  const [hash, ...position] = decoded;
  if (hash !== filterHash(filter)) throw new InvalidCursorError("the cursor belongs to another filter");
  return position;
}

function isPart(part: unknown): part is string | number | null {
  return part === null || typeof part === "string" || (typeof part === "number" && Number.isFinite(part));
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
