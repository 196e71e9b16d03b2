import type { Db } from "@/db/client";
import { feedEpoch } from "@/db/schema";
import { AgentRunError, InvalidCursorError } from "@/server/errors";
import { decodeCursor, encodeCursor } from "@/server/pagination";
import type { FeedFilter, FeedPosition } from "./feed";

/** The filter that a cursor is bound to, with the name of its feed. */
export type FeedScope = { feed: string } & FeedFilter;

export async function readFeedEpoch(db: Db): Promise<string> {
  const [row] = await db.select({ epoch: feedEpoch.epoch }).from(feedEpoch);
  return row?.epoch ?? "none";
}

export function encodeFeedCursor(scope: FeedScope, epoch: string, position: FeedPosition): string {
  return encodeCursor(scope, [epoch, position.xid, position.version]);
}

/** PostgreSQL's xid8 has 64 bits. */
const XID_MAX = 2n ** 64n - 1n;

export function isXid(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) <= XID_MAX;
}

/**
 * Reads a cursor. Refuses a cursor of another filter (400) and one of another epoch (410), where positions mean
 * something else.
 */
export function decodeFeedCursor(scope: FeedScope, epoch: string, cursor: string): FeedPosition {
  const [cursorEpoch, xid, version] = decodeCursor(scope, cursor, 3);
  if (typeof xid !== "string" || !isXid(xid) || typeof version !== "number" || !Number.isSafeInteger(version)) {
    throw new InvalidCursorError("the cursor is damaged");
  }
  if (cursorEpoch !== epoch) {
    throw new AgentRunError(
      "schema-invalid",
      "cursor-expired",
      "the database was restored since this cursor was made: read the list again, then watch without a cursor",
    );
  }
  return { xid, version };
}
