import { sql } from "drizzle-orm";
import type { RefreshStorageInput, StorageSummary } from "@/contract/storage";
import { lockRun } from "@/db/queries/lock";
import type { SessionRow } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { boundRunId, inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, InvalidInputError, NotFoundError, StoreEvictedError } from "@/server/errors";
import { assertHolds } from "@/server/runs";
import { lockOwnSession, updateQuietly } from "@/server/sessions";
import { capacityOf } from "./capacity";
import { findLiveRun } from "./live-run";
import { noteSize } from "./note-size";
import { summarize } from "./summary";

/** Fields that v0.1's runners sent along, and the columns that they must equal. */
const MUST_EQUAL = [
  ["storageKind", "storageKind"],
  ["pvcName", "storagePvcName"],
  ["storageNamespace", "storageNamespace"],
  ["codexRolloutSubdir", "codexRolloutSubdir"],
] as const satisfies [keyof RefreshStorageInput, keyof SessionRow][];

/** Records what a runner reports of its session's volume. The first report of a restored volume makes it live again. */
export function refreshStorage(ctx: ServiceContext, input: RefreshStorageInput): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockReportedSession(ctx, input);
    if (session.storageKind === "evicted" || session.storageState === "deleting") {
      throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
    }
    for (const [field, column] of MUST_EQUAL) {
      if (input[field] !== undefined && input[field] !== session[column]) {
        throw new InvalidInputError(`${field}: the session's is ${JSON.stringify(session[column])}`, { field });
      }
    }
    if (session.storageKind === "none") {
      throw new ConflictError("store-not-restorable", `session ${session.sessionId} has no storage to report of`);
    }
    const isRestored = session.storageState === "restoring";
    const refreshed = await updateQuietly(ctx, session.sessionId, {
      storageSizeBytes: input.storageSizeBytes,
      storageFilesCount: input.storageFilesCount,
      storageSha256: input.storageSha256,
      storageUpdatedAt: sql`clock_timestamp()`,
      storageCapacityBytes: capacityOf(ctx, session),
      ...(input.pvcPhase === undefined ? {} : { storagePvcPhase: input.pvcPhase }),
      ...(isRestored ? { storageState: "live" as const, restoreManifestId: null } : {}),
    });
    await noteSize(ctx, session.sessionId, {
      sizeBytes: input.storageSizeBytes,
      filesCount: input.storageFilesCount,
    });
    if (isRestored) {
      await auditSession(ctx, session, "storage.restored", {
        manifestId: session.restoreManifestId,
        sha256: input.storageSha256,
      });
    }
    ctx.wake("sessions");
    return summarize(ctx, refreshed);
  });
}

/**
 * Locks the reported session. A runner may report only its own run's session, with its epoch; an operator any session
 * of the tenant.
 */
async function lockReportedSession(ctx: TxContext, input: RefreshStorageInput): Promise<SessionRow> {
  const runId = boundRunId(ctx.actor) ?? (await findHoldingRun(ctx, input));
  if (runId === null) {
    return lockOwnSession(ctx, input.sessionId);
  }
  const locked = await lockRun(ctx.db, runId, tenantOf(ctx));
  if (locked?.session?.sessionId !== input.sessionId) throw new NotFoundError("session", input.sessionId);
  assertHolds(ctx, locked.run, input.leaseEpoch);
  return locked.session;
}

/**
 * Returns the run that holds the session when an operator gives an epoch: the epoch is then checked against that run.
 */
async function findHoldingRun(ctx: TxContext, input: RefreshStorageInput): Promise<string | null> {
  if (input.leaseEpoch === undefined) return null;
  const runId = await findLiveRun(ctx, input.sessionId);
  if (runId === null)
    throw new ConflictError("lease-lost", `no run of session ${input.sessionId} is claimed: leave the epoch out`);
  return runId;
}
