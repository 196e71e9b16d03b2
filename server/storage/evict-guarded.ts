import type { SessionRow } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { type Handle, handleOf, missingOf } from "./collect-one";
import { DEFAULT_REASON, doom } from "./evict";
import { finishEviction } from "./finish-eviction";
import { COLLECTABLE, findUser, GONE, hasCurrentArchive, NO_ARCHIVE, RESTORING } from "./keeper";

/**
 * An eviction that a person orders of many volumes at once, under what holds for a collection: no run is live or waits,
 * no pin, and an archive of the last turn unless the volume holds nothing or may be discarded. Only its age counts for
 * nothing.
 */
export type GuardedEviction = { handle: Handle; seen: SessionRow };

/** What would be left of a session without its volume, found outside of any transaction; throws where that is too little. */
export async function judgeEviction(ctx: ServiceContext, sessionId: string): Promise<GuardedEviction> {
  const seen = await requireSession(ctx, sessionId);
  const handle = isGone(seen) ? "archived" : await handleOf(ctx, seen);
  if (handle === null) throw kept(seen.storageState === "restoring" ? RESTORING : missingOf(seen));
  return { handle, seen };
}

/** Orders the eviction, once everything that keeps a volume was looked at again; null where it has none any more. */
export async function orderGuarded(
  ctx: TxContext,
  { handle, seen }: GuardedEviction,
  reason: string | null,
): Promise<SessionRow | null> {
  const session = await lockOwnSession(ctx, seen.sessionId);
  if (isGone(session)) return null;
  if (!COLLECTABLE.includes(session.storageState)) throw kept(`its storage is ${session.storageState}`);
  const user = await findUser(ctx, session);
  if (user !== null) throw kept(user);
  const isUnused = session.volumeCommandId === seen.volumeCommandId && session.storagePvcName === seen.storagePvcName;
  if (!isUnused || (handle === "archived" && !hasCurrentArchive(session))) throw kept(NO_ARCHIVE);
  return doom(ctx, session, reason ?? DEFAULT_REASON);
}

/** Takes the volume of an eviction that is committed; what is not done here the repair does. */
export async function finishGuarded(ctx: ServiceContext, doomed: SessionRow, reason: string | null): Promise<void> {
  await finishEviction(ctx, doomed, reason ?? DEFAULT_REASON);
}

function isGone({ storageState }: SessionRow): boolean {
  return GONE.includes(storageState);
}

function kept(why: string): ConflictError {
  return new ConflictError("volume-kept", why);
}
