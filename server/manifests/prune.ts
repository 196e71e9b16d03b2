import { and, eq, isNotNull, isNull, ne, notInArray, type SQL, sql } from "drizzle-orm";
import { textArray } from "@/db/queries/sql/arrays";
import { archiveManifests, archiveSegments, type SessionRow } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

const SEGMENTS_PER_PRUNE_MAX = 500;
/** Segments removed at the same time: few enough that a batch ends long before it counts as left behind. */
const PER_BATCH = 20;
const BATCH_DEADLINE_MS = 120_000;
/** Longer than a batch's deadline and an archive's slowest answer together. */
const LEFT_BEHIND_MINUTES = 10;

/** Removes a session's manifests except the newest ones and the one that a restore is under way from. */
export async function pruneManifests(ctx: TxContext, session: SessionRow, newestId: string): Promise<void> {
  const { sessionId } = session;
  await ctx.db
    .update(archiveManifests)
    .set({ supersededAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(archiveManifests.sessionId, sessionId),
        ne(archiveManifests.id, newestId),
        isNull(archiveManifests.supersededAt),
      ),
    );
  const newest = await ctx.db
    .select({ id: archiveManifests.id })
    .from(archiveManifests)
    .where(eq(archiveManifests.sessionId, sessionId))
    .orderBy(sql`${archiveManifests.createdAt} desc`)
    .limit(ctx.settings.storage.archiveKeep);
  const kept = new Set([newestId, ...newest.map((manifest) => manifest.id)]);
  if (session.restoreManifestId !== null) kept.add(session.restoreManifestId);
  await ctx.db
    .delete(archiveManifests)
    .where(and(eq(archiveManifests.sessionId, sessionId), notInArray(archiveManifests.id, [...kept])));
}

/**
 * Removes segments that no manifest of the session, and no copy under way, names any more. Recent ones stay, because a
 * runner may be about to name them. Returns how many were removed.
 *
 * They are first marked, in one transaction. From then on a segment counts as missing, and storing it again waits until
 * its row is gone, which follows its bytes. So no row ever claims bytes that are being removed.
 */
export async function pruneSegments(ctx: ServiceContext, sessionId: string): Promise<number> {
  let pruned = 0;
  while (pruned < SEGMENTS_PER_PRUNE_MAX) {
    const marked = await inTx(ctx, (ctx) => markUnnamed(ctx, sessionId));
    pruned += await removeMarked(ctx, sessionId, marked);
    if (marked.length < PER_BATCH) break;
  }
  return pruned;
}

/** Finishes removals that a crash left half-way. Returns how many. */
export async function finishRemovals(ctx: ServiceContext): Promise<number> {
  let finished = 0;
  while (finished < SEGMENTS_PER_PRUNE_MAX) {
    const leftovers = await inTx(ctx, takeLeftBehind);
    if (leftovers.length === 0) break;
    for (const sessionId of new Set(leftovers.map((segment) => segment.sessionId))) {
      const digests = leftovers.filter((segment) => segment.sessionId === sessionId).map((segment) => segment.sha256);
      try {
        finished += await removeMarked(ctx, sessionId, digests);
      } catch (error) {
        // They count as left behind again once their time, which has just been renewed, has passed.
        ctx.log.error({ err: error, sessionId }, "could not remove segments");
      }
    }
  }
  return finished;
}

async function markUnnamed(ctx: TxContext, sessionId: string): Promise<string[]> {
  const { rows } = await ctx.db.execute<{ sha256: string }>(sql`
    with ${named(sessionId)}
    select segment.sha256 from agentrun_archive_segments segment
    where segment.session_id = ${sessionId} and segment.removing_at is null
      and segment.created_at < clock_timestamp() - interval '1 hour'
      and not exists (select 1 from named where named.sha256 = segment.sha256)
    limit ${PER_BATCH}
    for update of segment skip locked`);
  if (rows.length === 0) return [];
  // Checked again under the lock, which committing a manifest takes too: a manifest committed before is visible now.
  const { rows: marked } = await ctx.db.execute<{ sha256: string }>(sql`
    with ${named(sessionId)}
    update agentrun_archive_segments segment set removing_at = clock_timestamp()
    where segment.session_id = ${sessionId} and segment.sha256 = any(${textArray(rows.map((row) => row.sha256))})
      and not exists (select 1 from named where named.sha256 = segment.sha256)
    returning segment.sha256`);
  return marked.map((row) => row.sha256);
}

function named(sessionId: string): SQL {
  return sql`named as materialized (
    select distinct jsonb_object_keys(manifest->'segments') as sha256
    from agentrun_archive_manifests where session_id = ${sessionId} or copied_from = ${sessionId}
  )`;
}

async function takeLeftBehind(ctx: TxContext): Promise<{ sessionId: string; sha256: string }[]> {
  const { rows } = await ctx.db.execute<{ sessionId: string; sha256: string }>(sql`
    update agentrun_archive_segments segment set removing_at = clock_timestamp()
    from (
      select session_id, sha256 from agentrun_archive_segments
      where removing_at < clock_timestamp() - ${LEFT_BEHIND_MINUTES} * interval '1 minute'
      order by removing_at limit ${PER_BATCH} for update skip locked
    ) left_behind
    where segment.session_id = left_behind.session_id and segment.sha256 = left_behind.sha256
    returning segment.session_id as "sessionId", segment.sha256`);
  return rows;
}

/** Removes the bytes, then the rows. What the deadline leaves counts as left behind, and is finished later. */
async function removeMarked(ctx: ServiceContext, sessionId: string, digests: string[]): Promise<number> {
  if (digests.length === 0) return 0;
  const startedAt = performance.now();
  const removed: string[] = [];
  await Promise.all(
    digests.map(async (sha256) => {
      if (performance.now() - startedAt > BATCH_DEADLINE_MS) return;
      await ctx.archive.remove(sessionId, sha256);
      removed.push(sha256);
    }),
  );
  await ctx.db
    .delete(archiveSegments)
    .where(
      and(
        eq(archiveSegments.sessionId, sessionId),
        sql`${archiveSegments.sha256} = any(${textArray(removed)})`,
        isNotNull(archiveSegments.removingAt),
      ),
    );
  return removed.length;
}
