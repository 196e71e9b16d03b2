import type { Db } from "@/db/client";
import { type FeedPosition, positionNow } from "./feed";

/** A page that took longer to come to life than this reads its lists again; what changed since could be a great deal. */
const FRESH_MS = 60_000;

/**
 * Where the feeds stand before a page reads its lists, for the stream that keeps them up to date: a page comes to life a
 * moment after it was made, and what changes in between is in neither.
 */
export async function markFeeds(db: Db): Promise<string> {
  const { xid } = await positionNow(db);
  return `${xid}.${Date.now()}`;
}

/** The position of a mark; null for one that is too old to go on from. */
export function readFeedMark(mark: string): FeedPosition | null {
  const [xid = "0", madeMs] = mark.split(".");
  return Math.abs(Date.now() - Number(madeMs)) <= FRESH_MS ? { xid, version: -1 } : null;
}
