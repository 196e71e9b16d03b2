import { eq } from "drizzle-orm";
import type { StoredManifest } from "@/contract/archive";
import { archiveManifests } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { requireReadableSession } from "./holder";
import { toRecord } from "./store-manifest";

/** Returns the archive to restore from: the one with which a restore under way began, else the newest. */
export async function getManifest(ctx: ServiceContext, input: { sessionId: string }): Promise<StoredManifest> {
  const session = await requireReadableSession(ctx, input.sessionId);
  const manifestId = session.restoreManifestId ?? session.archiveManifestId;
  const [row] =
    manifestId === null ? [] : await ctx.db.select().from(archiveManifests).where(eq(archiveManifests.id, manifestId));
  if (!row) throw new NotFoundError("archive of session", input.sessionId);
  return { ...toRecord(row), manifest: row.manifest };
}
