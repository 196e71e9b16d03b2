import { and, asc, eq, inArray, isNull } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { backToLive } from "./collect-one";
import { finishEviction } from "./finish-eviction";
import { findKeeper } from "./keeper";
import { makeVolume } from "./make-volume";

const PER_REPAIR_MAX = 100;

export type RepairReport = { made: string[]; finished: string[]; revived: string[]; failed: string[] };

/**
 * Finishes storage steps that a crash left between intent and act. Each is safe beside whoever is still at it: making
 * and removing a volume twice is no error, and only one of two writers records it.
 */
export async function repairStorage(ctx: ServiceContext): Promise<RepairReport> {
  const report: RepairReport = { made: [], finished: await finishEvictions(ctx), revived: [], failed: [] };
  for (const session of await readStuck(ctx, ["creating", "restoring"])) {
    await attempt(ctx, session, report, async () => {
      if (session.storageState === "restoring" && (await hasVolume(ctx, session))) return;
      await makeVolume(ctx, session);
      report.made.push(session.sessionId);
    });
  }
  for (const session of await readStuck(ctx, ["archiving"])) {
    await attempt(ctx, session, report, async () => {
      if (await reviveKept(ctx, session.sessionId)) report.revived.push(session.sessionId);
    });
  }
  return report;
}

/** Evictions that were ordered and not finished; answers the sessions whose eviction it recorded. */
export async function finishEvictions(ctx: ServiceContext): Promise<string[]> {
  const finished: string[] = [];
  for (const session of await readStuck(ctx, ["deleting"])) {
    try {
      if (await finishEviction(ctx, session, "finished after a crash")) finished.push(session.sessionId);
    } catch (error) {
      ctx.log.error({ err: error, sessionId: session.sessionId }, "an eviction could not be finished");
    }
  }
  return finished;
}

async function reviveKept(ctx: ServiceContext, sessionId: string): Promise<boolean> {
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (session?.storageState !== "archiving" || (await findKeeper(ctx, session)) === null) return false;
    await backToLive(ctx, sessionId);
    return true;
  });
}

async function hasVolume(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  return session.storagePvcName !== null && (await ctx.volumes.find(session.storagePvcName)) !== null;
}

async function attempt(
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
      "storage was not repaired",
    );
  }
}

async function readStuck(
  ctx: ServiceContext,
  states: ("creating" | "restoring" | "archiving" | "deleting")[],
): Promise<SessionRow[]> {
  const tenantId = tenantOf(ctx);
  return ctx.db
    .select()
    .from(sessions)
    .where(
      and(
        inArray(sessions.storageState, states),
        isNull(sessions.deletedAt),
        tenantId === null ? undefined : eq(sessions.tenantId, tenantId),
      ),
    )
    .orderBy(asc(sessions.updatedAt), asc(sessions.sessionId))
    .limit(PER_REPAIR_MAX);
}
