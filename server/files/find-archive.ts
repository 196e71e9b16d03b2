import { eq, sql } from "drizzle-orm";
import type { FilesArchive } from "@/contract/files";
import { archiveManifests, type SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { requireSession } from "@/server/sessions";
import { hasCurrentArchive } from "@/server/storage";
import { iso } from "@/server/stored";
import type { Manifest } from "@/volume";
import { fromVolumePath } from "./paths";

const OMITTED_LISTED_MAX = 100;

/** Returns a session's newest archive; null: no turn of it was archived yet. Throws for a session of somebody else. */
export async function findFilesArchive(ctx: ServiceContext, sessionId: string): Promise<FilesArchive | null> {
  const session = await requireSession(ctx, sessionId);
  if (session.archiveManifestId === null) return null;
  const [row] = await ctx.db
    .select({
      manifestId: archiveManifests.id,
      runId: archiveManifests.runId,
      createdAt: archiveManifests.createdAt,
      omitted: sql<Manifest["omitted"]>`${archiveManifests.manifest}->'omitted'`,
      omittedCount: sql<number>`(${archiveManifests.manifest}->'omittedCount')::int`,
    })
    .from(archiveManifests)
    .where(eq(archiveManifests.id, session.archiveManifestId));
  if (!row) throw new Error(`session ${sessionId} names an archive that is not there`);
  return toFilesArchive(session, row);
}

/** The same for callers that name a file in it. */
export async function requireFilesArchive(ctx: ServiceContext, sessionId: string): Promise<FilesArchive> {
  const archive = await findFilesArchive(ctx, sessionId);
  if (!archive) throw new NotFoundError("archive of session", sessionId, ": no turn of it has been archived yet");
  return archive;
}

function toFilesArchive(
  session: SessionRow,
  row: { manifestId: string; runId: string; createdAt: Date; omitted: Manifest["omitted"]; omittedCount: number },
): FilesArchive {
  const { manifestId, runId, createdAt, omitted } = row;
  const ofWorkspace = omitted.flatMap(({ path, reason }) => {
    const below = fromVolumePath(path);
    return below === null ? [] : [{ path: below, reason }];
  });
  return {
    manifestId,
    runId,
    archivedAt: iso(createdAt),
    isCurrent: hasCurrentArchive(session),
    omitted: ofWorkspace.slice(0, OMITTED_LISTED_MAX),
    omittedCount: row.omittedCount - (omitted.length - ofWorkspace.length),
  };
}
