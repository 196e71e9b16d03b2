import type { SessionRow } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { type EvictionBasis, findEvictionBasis, missingArchiveReason } from "./collect-one";
import { DEFAULT_REASON, markDeleting } from "./evict";
import { finishEviction } from "./finish-eviction";
import {
  COLLECTABLE,
  findUseReason,
  hasCurrentArchive,
  NO_ARCHIVE,
  RESTORING,
  WITHOUT_VOLUME,
} from "./retention-reason";

/**
 * An eviction that a person orders for many volumes at once, under the conditions of a collection except age: no run is
 * live or waiting, there is no pin, and the last turn is archived, unless the volume holds nothing or may be discarded.
 */
export type GuardedEviction = { basis: EvictionBasis; before: SessionRow };

/**
 * Finds out, outside any transaction, what would remain of a session without its volume. Throws when that is too
 * little.
 */
export async function planEviction(ctx: ServiceContext, sessionId: string): Promise<GuardedEviction> {
  const before = await requireSession(ctx, sessionId);
  const basis = hasNoVolume(before) ? "archived" : await findEvictionBasis(ctx, before);
  if (basis === null)
    throw volumeKeptError(before.storageState === "restoring" ? RESTORING : missingArchiveReason(before));
  return { basis, before };
}

/** Orders the eviction after checking everything again that keeps a volume; null: the session no longer has one. */
export async function orderGuardedEviction(
  ctx: TxContext,
  { basis, before }: GuardedEviction,
  reason: string | null,
): Promise<SessionRow | null> {
  const session = await lockOwnSession(ctx, before.sessionId);
  if (hasNoVolume(session)) return null;
  if (!COLLECTABLE.includes(session.storageState)) throw volumeKeptError(`its storage is ${session.storageState}`);
  const useReason = await findUseReason(ctx, session);
  if (useReason !== null) throw volumeKeptError(useReason);
  const isUnused =
    session.volumeCommandId === before.volumeCommandId && session.storagePvcName === before.storagePvcName;
  if (!isUnused || (basis === "archived" && !hasCurrentArchive(session))) throw volumeKeptError(NO_ARCHIVE);
  return markDeleting(ctx, session, reason ?? DEFAULT_REASON);
}

/** Removes the volume of a committed eviction. The repair does what is left undone here. */
export async function finishGuardedEviction(
  ctx: ServiceContext,
  deleting: SessionRow,
  reason: string | null,
): Promise<void> {
  await finishEviction(ctx, deleting, reason ?? DEFAULT_REASON);
}

function hasNoVolume({ storageState }: SessionRow): boolean {
  return WITHOUT_VOLUME.includes(storageState);
}

function volumeKeptError(why: string): ConflictError {
  return new ConflictError("volume-kept", why);
}
