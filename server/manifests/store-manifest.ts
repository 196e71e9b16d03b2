import { and, eq, isNull, sql } from "drizzle-orm";
import type { ManifestRecord } from "@/contract/archive";
import { textArray } from "@/db/queries/sql/arrays";
import { type ArchiveManifestRow, archiveManifests, archiveSegments, type SessionRow } from "@/db/schema";
import { audit } from "@/server/audit";
import type { TxContext } from "@/server/context";
import { ConflictError, InvalidInputError } from "@/server/errors";
import { newId } from "@/server/ids";
import { updateQuietly } from "@/server/sessions";
import { iso } from "@/server/stored";
import { type Manifest, readManifest, VolumeError } from "@/volume";
import { pruneManifests } from "./prune";

const MISSING_LISTED_MAX = 100;

/** Reads a manifest and checks that it is complete in itself; anything else is the sender's fault. */
export function parseManifest(value: unknown): Manifest {
  try {
    const manifest = readManifest(value);
    for (const entry of manifest.entries) {
      // Pruning only reads this list: a segment missing from it would be removed.
      const unlisted = entry.kind === "file" && entry.parts.find((part) => !(part.segment in manifest.segments));
      if (unlisted) throw new InvalidInputError(`manifest: segments: segment ${unlisted.segment} is missing`);
    }
    return manifest;
  } catch (error) {
    if (error instanceof VolumeError) throw new InvalidInputError(`manifest: ${error.message}`);
    throw error;
  }
}

/**
 * Makes a manifest the archive of a locked session, once all its segments exist; it holds the session's last turn. The
 * same content sent again by the same attempt makes the same archive.
 */
export async function storeManifest(ctx: TxContext, session: SessionRow, manifest: Manifest): Promise<ManifestRecord> {
  await requireSegments(ctx, session.sessionId, manifest);
  // The last turn that a runner accepted. The session is locked, so the volume holds the work of exactly this turn.
  const commandId = session.volumeCommandId;
  const existing = await findSame(ctx, session, manifest);
  const row = existing ?? (await insertManifest(ctx, { session, manifest, commandId }));
  await updateQuietly(ctx, session.sessionId, { archiveManifestId: row.id, archiveCommandId: commandId });
  if (!existing) {
    await pruneManifests(ctx, session, row.id);
    await audit(ctx, {
      action: "archive.commit",
      targetKind: "archive",
      targetId: row.id,
      tenantId: session.tenantId,
      details: { sessionId: session.sessionId, sha256: row.sha256, commandId },
    });
  }
  ctx.wake("sessions");
  return toRecord(row);
}

export function toRecord(row: ArchiveManifestRow): ManifestRecord {
  return {
    manifestId: row.id,
    sessionId: row.sessionId,
    sizeBytes: row.sizeBytes,
    filesCount: row.filesCount,
    sha256: row.sha256,
    createdAt: iso(row.createdAt),
  };
}

async function requireSegments(ctx: TxContext, sessionId: string, manifest: Manifest): Promise<void> {
  const named = new Set(Object.keys(manifest.segments));
  if (named.size === 0) return;
  const held = await ctx.db
    .select({ sha256: archiveSegments.sha256 })
    .from(archiveSegments)
    .where(
      and(
        eq(archiveSegments.sessionId, sessionId),
        sql`${archiveSegments.sha256} = any(${textArray([...named])})`,
        isNull(archiveSegments.removingAt),
      ),
    )
    // Pruning waits for this lock, and then sees the manifest that names the segments.
    .for("key share");
  for (const segment of held) named.delete(segment.sha256);
  if (named.size === 0) return;
  throw new ConflictError(
    "archive-incomplete",
    `${named.size} segments of the manifest are missing: send them, then commit again`,
    {
      missing: [...named].slice(0, MISSING_LISTED_MAX),
    },
  );
}

async function findSame(
  ctx: TxContext,
  session: SessionRow,
  manifest: Manifest,
): Promise<ArchiveManifestRow | undefined> {
  if (session.archiveManifestId === null) return undefined;
  const [last] = await ctx.db.select().from(archiveManifests).where(eq(archiveManifests.id, session.archiveManifestId));
  const isSame =
    last?.sha256 === manifest.sha256 && last.runId === manifest.runId && last.leaseEpoch === manifest.leaseEpoch;
  return isSame ? last : undefined;
}

async function insertManifest(
  ctx: TxContext,
  values: { session: SessionRow; manifest: Manifest; commandId: string | null },
): Promise<ArchiveManifestRow> {
  const { session, manifest, commandId } = values;
  const [row] = await ctx.db
    .insert(archiveManifests)
    .values({
      id: newId("manifest"),
      sessionId: session.sessionId,
      runId: manifest.runId,
      leaseEpoch: manifest.leaseEpoch,
      commandId,
      manifest: { ...manifest },
      sizeBytes: manifest.sizeBytes,
      filesCount: manifest.filesCount,
      sha256: manifest.sha256,
    })
    .returning();
  if (!row) throw new Error("the manifest's insert answered no row");
  return row;
}
