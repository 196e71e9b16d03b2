import type { SessionFrame } from "@/components/live/frames";
import { fits, type StorageFilter } from "./filter";

export type Noted = {
  filter: StorageFilter;
  /** From when on a volume is new, and when it is now: both by the server's clock, as the frame's instants are. */
  sinceMs: number;
  nowMs: number;
};

/** The new volumes that a list lacks, as a frame changes them. The same set comes back when it tells nothing new. */
export function noteUnlisted(
  unlistedIds: ReadonlySet<string>,
  frame: SessionFrame,
  { filter, sinceMs, nowMs }: Noted,
): ReadonlySet<string> {
  const { sessionId, session } = frame;
  const isWanted =
    frame.kind === "changed" &&
    session !== undefined &&
    Date.parse(session.createdAt) > sinceMs &&
    fits(filter, session, nowMs);
  if (isWanted === unlistedIds.has(sessionId)) return unlistedIds;
  return new Set(isWanted ? [...unlistedIds, sessionId] : [...unlistedIds].filter((id) => id !== sessionId));
}
