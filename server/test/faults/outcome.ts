import { readdir } from "node:fs/promises";
import path from "node:path";
import { and, eq, like, or, sql } from "drizzle-orm";
import { archiveSegments, audit, runs, sessions } from "@/db/schema";
import { sessionPrefix } from "@/server/archive/key";
import type { ServiceContext } from "@/server/context";
import { readBack } from "@/server/storage/test/volume";
import type { LiveClaim } from "@/server/test/cluster/audit-checker";
import type { FaultSetup } from "./context";
import type { Subject } from "./subjects";

/** What is left of a session on every side, without what differs between sessions. */
export type Outcome = {
  row: Record<string, unknown> | null;
  runs: number;
  audit: string[];
  claims: number;
  folders: number;
  /** What its archive gives back, with every digest verified; null: there is none. */
  archived: string | null;
  segments: { files: number; rows: number };
};

export async function readOutcome(
  setup: FaultSetup,
  ctx: ServiceContext,
  subject: Subject,
  claims: LiveClaim[],
): Promise<Outcome> {
  const { sessionId } = subject;
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  return {
    row: row ? rowOutcome(row) : null,
    runs: await ctx.db.$count(runs, eq(runs.sessionId, sessionId)),
    audit: await readTrail(ctx, sessionId),
    claims: claims.filter((claim) => claim.sessionId === sessionId).length,
    folders: await countFolders(setup, ctx.volumes.nameFor(sessionId)),
    archived: row?.archiveManifestId == null ? null : (await readBack(ctx, sessionId)).replace(sessionId, "it"),
    segments: {
      files: await countFiles(path.join(setup.dataDir, "archive", sessionPrefix(sessionId))),
      rows: await ctx.db.$count(archiveSegments, eq(archiveSegments.sessionId, sessionId)),
    },
  };
}

function rowOutcome(row: typeof sessions.$inferSelect): Record<string, unknown> {
  return {
    storageKind: row.storageKind,
    storageState: row.storageState,
    hasVolumeName: row.storagePvcName !== null,
    isEvicted: row.storageEvictedAt !== null,
    isExpired: row.expiresAt === null ? null : row.expiresAt.getTime() < Date.now(),
    isRestoring: row.restoreManifestId !== null && row.restoreManifestId === row.archiveManifestId,
    isArchiveCurrent: row.archiveCommandId === row.volumeCommandId,
    filesCount: row.storageFilesCount,
  };
}

async function readTrail(ctx: ServiceContext, sessionId: string): Promise<string[]> {
  const isOfArchive = and(eq(audit.targetKind, "archive"), sql`${audit.details}->>'sessionId' = ${sessionId}`);
  const isOfSession = and(
    eq(audit.targetId, sessionId),
    or(like(audit.action, "storage.%"), like(audit.action, "sessions.%")),
  );
  const rows = await ctx.db
    .select({ action: audit.action })
    .from(audit)
    .where(or(isOfSession, isOfArchive))
    .orderBy(audit.at, audit.id);
  return rows.map((row) => row.action);
}

async function countFolders(setup: FaultSetup, name: string): Promise<number> {
  return (await readdir(path.join(setup.dataDir, "volumes"))).filter((entry) => entry.includes(name)).length;
}

async function countFiles(folder: string): Promise<number> {
  return readdir(folder).then(
    (names) => names.length,
    () => 0,
  );
}
