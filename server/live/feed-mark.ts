import type { Db } from "@/db/client";
import { InvalidCursorError } from "@/server/errors";
import { type FeedPosition, positionNow } from "./feed";
import { isXid } from "./feed-cursor";

/**
 * A page that took longer than this to open its stream reads its lists again, since a great deal could have changed.
 */
const FRESH_MS = 60_000;

/**
 * Returns the feeds' position before a page reads its lists. The page's stream starts there, because it opens a moment
 * after the page was rendered, and changes in between would otherwise be in neither.
 */
export async function markFeeds(db: Db): Promise<string> {
  const { xid } = await positionNow(db);
  return `${xid}.${Date.now()}`;
}

/** Returns the position of a mark; null: the mark is too old to continue from. Throws for one that was not made here. */
export function readFeedMark(mark: string): FeedPosition | null {
  const [xid = "", createdMs] = mark.split(".");
  if (!isXid(xid)) throw new InvalidCursorError("the mark is damaged");
  return Math.abs(Date.now() - Number(createdMs)) <= FRESH_MS ? { xid, version: -1 } : null;
}
