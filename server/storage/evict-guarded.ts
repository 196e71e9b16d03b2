import type { SessionRow } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { type Handle, handleOf, missingOf } from "./collect-one";
import { DEFAULT_REASON, doom } from "./evict";
import { finishEviction } from "./finish-eviction";
import { COLLECTABLE, findUser, GONE, hasCurrentArchive, NO_ARCHIVE, RESTORING } from "./retention-reason";

/**
 * An eviction that a person orders for many volumes at once, under the conditions of a collection except age: no run is
 * live or waiting, there is no pin, and the last turn is archived, unless the volume holds nothing or may be discarded.
 */
export type GuardedEviction = { handle: Handle; seen: SessionRow };

/**
 * Finds out, outside any transaction, what would remain of a session without its volume. Throws when that is too
 * little.
 */
export async function judgeEviction(ctx: ServiceContext, sessionId: string): Promise<GuardedEviction> {
  const seen = await requireSession(ctx, sessionId);
  const handle = isGone(seen) ? "archived" : await handleOf(ctx, seen);
  if (handle === null) throw kept(seen.storageState === "restoring" ? RESTORING : missingOf(seen));
  return { handle, seen };
}

/** Orders the eviction after checking everything again that keeps a volume; null: the session no longer has one. */
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

/** Removes the volume of a committed eviction. The repair does what is left undone here. */
export async function finishGuarded(ctx: ServiceContext, doomed: SessionRow, reason: string | null): Promise<void> {
  await finishEviction(ctx, doomed, reason ?? DEFAULT_REASON);
}

function isGone({ storageState }: SessionRow): boolean {
  return GONE.includes(storageState);
}

function kept(why: string): ConflictError {
  return new ConflictError("volume-kept", why);
}
