import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { archiveManifests, archiveSegments, type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { ConflictError, isAgentRunError } from "@/server/errors";
import { deleteSession } from "@/server/sessions";

const COPIES_AT_ONCE = 8;
const COPIES_PER_REPAIR_MAX = 20;

/** A manifest whose segments are to be copied from another session to its own. */
type Copy = { id: string; sessionId: string; copiedFrom: string };

/**
 * Makes the newest archive of a locked session also that of a new session, under an id of its own. The segments follow
 * (`copySegments`): until all of them are copied nobody removes the originals, and the new session reads them there.
 */
export async function orderCopy(ctx: TxContext, from: SessionRow, to: Omit<Copy, "copiedFrom">): Promise<void> {
  // Copied inside the database, because a manifest may have megabytes.
  const { rows } = await ctx.db.execute(sql`
    insert into agentrun_archive_manifests
      (id, session_id, run_id, lease_epoch, command_id, manifest, size_bytes, files_count, sha256, copied_from)
    select ${to.id}, ${to.sessionId}, run_id, lease_epoch, null,
      jsonb_set(manifest, '{sessionId}', to_jsonb(${to.sessionId}::text)), size_bytes, files_count, sha256, ${from.sessionId}
    from agentrun_archive_manifests where id = ${from.archiveManifestId}
    returning id`);
  if (rows.length === 0) throw new Error(`session ${from.sessionId} names an archive that is not there`);
}

/**
 * Copies the segments that are still missing. It is safe to run twice and to die half-way: the repair continues. No
 * repair can supply what the source's archive lacks. The new session would then wait for ever and keep its source from
 * being purged, so it is deleted.
 */
export async function copySegments(ctx: ServiceContext, copy: Copy): Promise<void> {
  try {
    await copyWaiting(ctx, copy);
  } catch (error) {
    if (isAgentRunError(error) && error.reason === "archive-incomplete") await giveUp(ctx, copy, error.message);
    throw error;
  }
}

async function giveUp(ctx: ServiceContext, { sessionId }: Copy, reason: string): Promise<void> {
  await deleteSession(ctx, { sessionId, reason }).catch((error: unknown) => {
    // One of its runs is claimed, and fails for the same reason; the next repair comes back here.
    ctx.log.error({ err: error, sessionId }, "could not delete the session whose archive cannot be copied");
  });
}

async function copyWaiting(ctx: ServiceContext, copy: Copy): Promise<void> {
  const waiting = await readWaiting(ctx, copy);
  const work = async () => {
    try {
      for (let next = waiting.pop(); next; next = waiting.pop()) await copyOne(ctx, copy, next);
    } catch (error) {
      // Makes the other workers stop after their current segment.
      waiting.length = 0;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, work));
  await ctx.db.update(archiveManifests).set({ copiedFrom: null }).where(eq(archiveManifests.id, copy.id));
}

/** Finishes copies that a crash left half-way. Returns how many. */
export async function finishCopies(ctx: ServiceContext): Promise<number> {
  const unfinished = await ctx.db
    .select({
      id: archiveManifests.id,
      sessionId: archiveManifests.sessionId,
      copiedFrom: sql<string>`${archiveManifests.copiedFrom}`,
    })
    .from(archiveManifests)
    .innerJoin(sessions, and(eq(sessions.sessionId, archiveManifests.sessionId), isNull(sessions.deletedAt)))
    .where(isNotNull(archiveManifests.copiedFrom))
    .orderBy(asc(archiveManifests.createdAt))
    .limit(COPIES_PER_REPAIR_MAX);
  let finished = 0;
  for (const copy of unfinished) {
    try {
      await copySegments(ctx, copy);
      finished += 1;
    } catch (error) {
      ctx.log.error({ err: error, sessionId: copy.sessionId, from: copy.copiedFrom }, "could not copy the archive");
    }
  }
  return finished;
}

async function readWaiting(ctx: ServiceContext, copy: Copy): Promise<{ sha256: string; storedBytes: number }[]> {
  const { rows } = await ctx.db.execute<{ sha256: string; storedBytes: number }>(sql`
    select segment.key as sha256, segment.value::float8 as "storedBytes"
    from agentrun_archive_manifests manifest, jsonb_each_text(manifest.manifest->'segments') segment
    where manifest.id = ${copy.id} and not exists (
      select 1 from agentrun_archive_segments held
      where held.session_id = ${copy.sessionId} and held.sha256 = segment.key and held.removing_at is null)`);
  return rows;
}

async function copyOne(
  ctx: ServiceContext,
  { sessionId, copiedFrom }: Copy,
  { sha256, storedBytes }: { sha256: string; storedBytes: number },
): Promise<void> {
  if (!(await ctx.archive.copy(copiedFrom, sessionId, sha256))) {
    throw new ConflictError("archive-incomplete", `the archive of session ${copiedFrom} lacks segment ${sha256}`);
  }
  await ctx.db.insert(archiveSegments).values({ sessionId, sha256, storedBytes }).onConflictDoNothing();
}

/** Whether a copy from this session is under way: its archive stays until then. */
export async function isCopiedFrom(ctx: ServiceContext, sessionId: string): Promise<boolean> {
  const [copy] = await ctx.db
    .select({ id: archiveManifests.id })
    .from(archiveManifests)
    .where(eq(archiveManifests.copiedFrom, sessionId))
    .limit(1);
  return copy !== undefined;
}
