import { and, asc, gt, inArray, isNull } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { finishCopies, finishRemovals } from "@/server/manifests";
import { isOwned } from "@/server/owned";
import { returnToLive } from "./collect-one";
import { finishEviction } from "./finish-eviction";
import { makeVolume } from "./make-volume";
import { findRestoreReason } from "./restored-database";
import { findRetentionReason } from "./retention-reason";

const PER_REPAIR_MAX = 100;
const PAGE_SIZE = 100;
const SCANNED_MAX = 10_000;

export type RepairReport = {
  made: string[];
  finished: string[];
  revived: string[];
  failed: string[];
  /** Archives whose copying was finished, and segments whose removal was finished. */
  copied: number;
  removed: number;
};

/**
 * Finishes storage steps that a crash left between intent and act. Each is safe even while somebody else still works on
 * it: making and removing a volume twice is no error, and only one of two writers records it. What is done is bounded
 * and what is looked at is not, so that sessions that have to wait do not hide others.
 */
export async function repairStorage(ctx: ServiceContext): Promise<RepairReport> {
  const finished = (await finishEvictions(ctx)).map(({ sessionId }) => sessionId);
  const report: RepairReport = { made: [], finished, revived: [], failed: [], copied: 0, removed: 0 };
  for await (const session of readStuck(ctx, ["creating", "restoring"])) {
    if (report.made.length >= PER_REPAIR_MAX) break;
    await repairOne(ctx, session, report, async () => {
      if (session.storageState === "restoring" && (await hasVolume(ctx, session))) return;
      await makeVolume(ctx, session);
      report.made.push(session.sessionId);
    });
  }
  for await (const session of readStuck(ctx, ["archiving"])) {
    if (report.revived.length >= PER_REPAIR_MAX) break;
    await repairOne(ctx, session, report, async () => {
      if (await returnKeptToLive(ctx, session.sessionId)) report.revived.push(session.sessionId);
    });
  }
  // Last, because it copies whole archives, and nobody waiting for a volume should wait for that.
  report.copied = await finishCopies(ctx);
  report.removed = await finishRemovals(ctx);
  return report;
}

/**
 * Finishes evictions that were ordered; returns the sessions whose eviction it recorded. In a database restored from a
 * backup nobody knows whether those sessions were restored since, so there they wait for a person's collection.
 */
export async function finishEvictions(ctx: ServiceContext): Promise<SessionRow[]> {
  const finished: SessionRow[] = [];
  if ((await findRestoreReason(ctx)) !== null) return finished;
  for await (const session of readStuck(ctx, ["deleting"])) {
    if (finished.length >= PER_REPAIR_MAX) break;
    try {
      const evicted = await finishEviction(ctx, session, "finished by the repair");
      if (evicted?.storageState === "evicted") finished.push(evicted);
    } catch (error) {
      ctx.log.error({ err: error, sessionId: session.sessionId }, "could not finish the eviction");
    }
  }
  return finished;
}

async function returnKeptToLive(ctx: ServiceContext, sessionId: string): Promise<boolean> {
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (session?.storageState !== "archiving" || (await findRetentionReason(ctx, session)) === null) return false;
    await returnToLive(ctx, sessionId);
    return true;
  });
}

async function hasVolume(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const volume = session.storagePvcName === null ? null : await ctx.volumes.find(session.storagePvcName);
  return volume !== null && volume.phase !== "Terminating";
}

async function repairOne(
  ctx: ServiceContext,
  session: SessionRow,
  report: RepairReport,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    report.failed.push(session.sessionId);
    ctx.log.error(
      { err: error, sessionId: session.sessionId, state: session.storageState },
      "could not repair the session's storage",
    );
  }
}

async function* readStuck(
  ctx: ServiceContext,
  states: ("creating" | "restoring" | "archiving" | "deleting")[],
): AsyncGenerator<SessionRow> {
  let after = "";
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += PAGE_SIZE) {
    const page = await ctx.db
      .select()
      .from(sessions)
      .where(
        and(
          inArray(sessions.storageState, states),
          isNull(sessions.deletedAt),
          isOwned(ctx, sessions, {}),
          gt(sessions.sessionId, after),
        ),
      )
      .orderBy(asc(sessions.sessionId))
      .limit(PAGE_SIZE);
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE_SIZE) return;
    after = last.sessionId;
  }
}
