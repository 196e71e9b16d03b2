import type { Db } from "@/db/client";
import { type FeedPosition, positionNow } from "./feed";

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

/** Returns the position of a mark; null: the mark is too old to continue from. */
export function readFeedMark(mark: string): FeedPosition | null {
  const [xid = "0", createdMs] = mark.split(".");
  return Math.abs(Date.now() - Number(createdMs)) <= FRESH_MS ? { xid, version: -1 } : null;
}
