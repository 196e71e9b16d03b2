import { type SQL, sql } from "drizzle-orm";
import type { StorageSort } from "@/contract/words";
import { sessions } from "@/db/schema";
import { InvalidCursorError } from "@/server/errors";
import { decodeCursor, isPrintedInstant } from "@/server/pagination";

export type StorageOrder = {
  /** What an index sorts by. Never null, so that every row has a place. */
  key: SQL;
  type: "timestamptz" | "bigint";
  isDescending: boolean;
  /** The key as a cursor holds it. */
  position: SQL<string | number>;
};

const SIZE = sql`coalesce(${sessions.storageSizeBytes}, -1)`;
const EXPIRY = sql`coalesce(${sessions.expiresAt}, 'infinity'::timestamptz)`;

/** Each order has an index of its own; rows with the same key are ordered by session id. */
export const STORAGE_ORDER: Record<StorageSort, StorageOrder> = {
  updatedAt: {
    key: sql`${sessions.updatedAt}`,
    type: "timestamptz",
    isDescending: true,
    position: sql<string>`${sessions.updatedAt}::text`,
  },
  sizeBytes: { key: SIZE, type: "bigint", isDescending: true, position: sql<number>`${SIZE}`.mapWith(Number) },
  expiresAt: { key: EXPIRY, type: "timestamptz", isDescending: false, position: sql<string>`${EXPIRY}::text` },
};

/** Returns the place that a cursor holds. Refuses a made-up place here, because it would fail the statement. */
export function decodePosition(sort: StorageSort, filter: object, cursor: string): (string | number | null)[] {
  const values = decodeCursor(filter, cursor, 2);
  const [position, sessionId] = values;
  if (typeof sessionId !== "string" || !isValidPosition(sort, position))
    throw new InvalidCursorError("the cursor is damaged");
  return values;
}

function isValidPosition(sort: StorageSort, position: unknown): boolean {
  if (sort === "sizeBytes") return typeof position === "number";
  return isPrintedInstant(position) || (sort === "expiresAt" && position === "infinity");
}
