import { eq, sql } from "drizzle-orm";
import type { ForkSessionInput, SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import { type ArchiveManifestRow, archiveManifests, type SessionRow } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { copySegments, orderCopy } from "@/server/manifests";
import { insertSession, missingSessionError, toSummary } from "@/server/sessions";
import { storedJson } from "@/server/stored";
import { makeVolume } from "./make-volume";

const TITLE_MAX = 500;

/**
 * Makes a session that continues from another's newest archive, with a volume of its own: the runner of its first run
 * fills the volume and resumes the same thread. From then on the two are independent: neither sees what the other
 * keeps, loses or prunes. The same id with the same content returns the same session.
 */
export async function forkSession(ctx: ServiceContext, input: ForkSessionInput): Promise<SessionSummary> {
  const forked = await inTx(ctx, (ctx) => orderFork(ctx, input));
  await finishCopy(ctx, forked);
  return toSummary(await makeVolume(ctx, forked), null);
}

async function orderFork(ctx: TxContext, input: ForkSessionInput): Promise<SessionRow> {
  const hash = payloadHash({ ...input, verb: "sessions.fork" });
  const sessionId = input.newSessionId ?? newId("session");
  const locked = new Map<string, SessionRow | null>();
  for (const id of [input.sessionId, sessionId].sort()) locked.set(id, await lockSession(ctx.db, id, tenantOf(ctx)));
  const source = locked.get(input.sessionId);
  if (!source) throw new NotFoundError("session", input.sessionId);
  const existing = locked.get(sessionId);
  if (existing) return replay(existing, hash);
  const manifest = await readHead(ctx, source);
  if (manifest === null) {
    throw new ConflictError(
      "archive-missing",
      `session ${source.sessionId} has no archive to fork from: it is made at the end of its next turn`,
    );
  }
  const manifestId = newId("manifest");
  const archive = { archiveManifestId: manifestId, restoreManifestId: manifestId };
  const inserted = await insertSession(ctx, {
    ...rowOf(source, manifest, input),
    ...archive,
    sessionId,
    payloadHash: hash,
  });
  if (!inserted) {
    const concurrent = await lockSession(ctx.db, sessionId, tenantOf(ctx));
    if (!concurrent) throw await missingSessionError(ctx, sessionId);
    return replay(concurrent, hash);
  }
  await orderCopy(ctx, source, { id: manifestId, sessionId });
  await auditSession(ctx, inserted, "sessions.fork", {
    from: source.sessionId,
    fromManifestId: source.archiveManifestId,
    manifestId,
    threadId: inserted.threadId,
  });
  return inserted;
}

type Head = Pick<ArchiveManifestRow, "sizeBytes" | "filesCount" | "sha256" | "createdAt"> & {
  threadId: string | null;
  turnId: string | null;
};

async function readHead(ctx: TxContext, source: SessionRow): Promise<Head | null> {
  const [head] = await ctx.db
    .select({
      threadId: sql<string | null>`${archiveManifests.manifest}->>'threadId'`,
      turnId: sql<string | null>`${archiveManifests.manifest}->>'turnId'`,
      sizeBytes: archiveManifests.sizeBytes,
      filesCount: archiveManifests.filesCount,
      sha256: archiveManifests.sha256,
      createdAt: archiveManifests.createdAt,
    })
    .from(archiveManifests)
    .where(eq(archiveManifests.id, source.archiveManifestId ?? ""));
  return head ?? null;
}

function rowOf(source: SessionRow, head: Head, input: ForkSessionInput) {
  const { lastTurnId: _lastTurnId, forkedFrom: _forkedFrom, ...metadata } = storedJson(source.metadata) ?? {};
  return {
    tenantId: source.tenantId,
    projectId: source.projectId,
    backendProfile: source.backendProfile,
    title: input.title ?? (source.title === null ? null : `${source.title} (fork)`.slice(0, TITLE_MAX)),
    metadata: { ...(input.metadata ?? metadata), forkedFrom: { sessionId: source.sessionId, turnId: head.turnId } },
    expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt),
    // The thread of the archive, which may be older than the source's current one.
    threadId: head.threadId,
    codexRolloutSubdir: source.codexRolloutSubdir,
    storageKind: "pvc" as const,
    storageState: "restoring" as const,
    storagePolicy: source.storagePolicy,
    storageRequestedBytes: source.storageRequestedBytes,
    storageSizeBytes: head.sizeBytes,
    storageFilesCount: head.filesCount,
    storageSha256: head.sha256,
    storageUpdatedAt: head.createdAt,
  };
}

function replay(existing: SessionRow, hash: string): SessionRow {
  if (existing.payloadHash === hash) return existing;
  throw new ConflictError(
    "idempotency-conflict",
    `session ${existing.sessionId} exists with other content: use another id, or send the same content`,
  );
}

async function finishCopy(ctx: ServiceContext, forked: SessionRow): Promise<void> {
  const [copy] = await ctx.db
    .select({ id: archiveManifests.id, copiedFrom: archiveManifests.copiedFrom })
    .from(archiveManifests)
    .where(eq(archiveManifests.id, forked.restoreManifestId ?? ""));
  if (!copy || copy.copiedFrom === null) return;
  await copySegments(ctx, { ...copy, copiedFrom: copy.copiedFrom, sessionId: forked.sessionId });
}
