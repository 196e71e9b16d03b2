import { and, eq, inArray, notInArray, sql } from "drizzle-orm";
import { archiveManifests, archiveSegments, type SessionRow } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/** The newest, and the one before it, in case the newest turns out to be unreadable. */
const MANIFESTS_KEPT = 2;
const SEGMENTS_PER_PRUNE_MAX = 500;

/** Removes a session's older manifests; never the one that a restore is under way from. */
export async function pruneManifests(ctx: TxContext, session: SessionRow, newestId: string): Promise<void> {
  const newest = await ctx.db
    .select({ id: archiveManifests.id })
    .from(archiveManifests)
    .where(eq(archiveManifests.sessionId, session.sessionId))
    .orderBy(sql`${archiveManifests.createdAt} desc`)
    .limit(MANIFESTS_KEPT);
  const kept = new Set([newestId, ...newest.map((manifest) => manifest.id)]);
  if (session.restoreManifestId !== null) kept.add(session.restoreManifestId);
  await ctx.db
    .delete(archiveManifests)
    .where(and(eq(archiveManifests.sessionId, session.sessionId), notInArray(archiveManifests.id, [...kept])));
}

/**
 * Removes segments that no manifest of the session names any more. Young ones stay: a runner may be about to name
 * them. Answers how many went.
 */
export async function pruneSegments(ctx: ServiceContext, sessionId: string): Promise<number> {
  const unnamed = await inTx(ctx, (ctx) => deleteUnnamed(ctx, sessionId));
  for (const sha256 of unnamed) {
    const bytes = await ctx.archive.get(sessionId, sha256);
    if (bytes === null || (await isHeld(ctx, sessionId, sha256))) continue;
    await ctx.archive.remove(sessionId, sha256);
    // Somebody may have stored the same bytes while they still lay there. Whoever's row comes later than this look
    // finds the bytes gone, and stores them again.
    if (await isHeld(ctx, sessionId, sha256)) await ctx.archive.put(sessionId, sha256, bytes);
  }
  return unnamed.length;
}

async function deleteUnnamed(ctx: TxContext, sessionId: string): Promise<string[]> {
  const { rows } = await ctx.db.execute<{ sha256: string }>(sql`
    with named as materialized (
      select distinct jsonb_object_keys(manifest->'segments') as sha256
      from agentrun_archive_manifests where session_id = ${sessionId}
    )
    select segment.sha256 from agentrun_archive_segments segment
    where segment.session_id = ${sessionId} and segment.created_at < clock_timestamp() - interval '1 hour'
      and not exists (select 1 from named where named.sha256 = segment.sha256)
    limit ${SEGMENTS_PER_PRUNE_MAX}
    for update of segment skip locked`);
  if (rows.length === 0) return [];
  const digests = rows.map((row) => row.sha256);
  await ctx.db
    .delete(archiveSegments)
    .where(and(eq(archiveSegments.sessionId, sessionId), inArray(archiveSegments.sha256, digests)));
  return digests;
}

async function isHeld(ctx: ServiceContext, sessionId: string, sha256: string): Promise<boolean> {
  const [held] = await ctx.db
    .select({ sha256: archiveSegments.sha256 })
    .from(archiveSegments)
    .where(and(eq(archiveSegments.sessionId, sessionId), eq(archiveSegments.sha256, sha256)));
  return held !== undefined;
}
