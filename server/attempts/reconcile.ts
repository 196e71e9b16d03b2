import { and, eq, inArray, isNotNull, isNull, lt, ne, notInArray, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { archiveOrders, type OrphanJobRow, orphanJobs, runnerJobs } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import type { Executor, Started } from "@/server/executors";
import { endAttempt } from "./end";

export type ReconcilerDeps = { ctx: ServiceContext; executor: Executor };

/** How often an orphan must be seen before it is ended: a first look may have met a change under way. */
const LOOKS_MIN = 2;
/** Orphans and vanished attempts that are handled at once. */
const LANES = 8;
const KEEP_DAYS = 7;

/**
 * Compares the database with what the executor runs. An attempt with nothing running is ended without waiting for its
 * lease, for example all that a killed supervisor took with it. What runs and belongs to no live attempt is reported,
 * and ended by its uid after it was seen twice.
 */
export async function reconcileAttempts(deps: ReconcilerDeps): Promise<void> {
  const { ctx, executor } = deps;
  // Read before the executor is asked: what starts after that is none of this pass's business.
  const running = await readRunning(ctx);
  const present = new Set<string>();
  const orphans: OrphanJobRow[] = [];
  for await (const page of executor.list()) {
    for (const { attemptId } of page) present.add(attemptId);
    // The rows of everything listed existed before it was started.
    orphans.push(...(await noteOrphans(ctx, page)));
  }
  await forgetVanished(ctx, orphans);
  const due = orphans.filter(({ looks }) => looks >= LOOKS_MIN);
  const absent = running.filter(({ attemptId }) => !present.has(attemptId));
  await Promise.all([
    inLanes(due, (orphan) => endOrphan(deps, orphan), ctx),
    inLanes(absent, ({ attemptId }) => endVanished(deps, attemptId), ctx),
  ]);
}

/** Works on some items at once. One that fails holds up no other and comes again in the next pass. */
async function inLanes<Item>(items: Item[], work: (item: Item) => Promise<void>, { log }: ServiceContext) {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item).catch((error: unknown) => log.error({ err: error, item }, "could not reconcile the attempt"));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function endVanished({ ctx, executor }: ReconcilerDeps, attemptId: string): Promise<void> {
  if ((await executor.observe(attemptId)) !== "gone") return;
  await endAttempt(ctx, attemptId, { code: null, signal: null, message: "its process is gone" });
}

/** Returns runners and archivers: both are attempts. */
async function readRunning(ctx: ServiceContext): Promise<{ attemptId: string }[]> {
  const runners = ctx.db
    .select({ attemptId: runnerJobs.attemptId })
    .from(runnerJobs)
    .where(eq(runnerJobs.state, "running"));
  const archivers = ctx.db
    .select({ attemptId: archiveOrders.attemptId })
    .from(archiveOrders)
    .where(eq(archiveOrders.state, "running"));
  return unionAll(runners, archivers);
}

/** Notes the items of a page that belong to no live attempt, each with how often it was seen. */
async function noteOrphans(ctx: ServiceContext, page: Started[]): Promise<OrphanJobRow[]> {
  if (page.length === 0) return [];
  const attemptIds = page.map(attemptOf);
  const rows = await ctx.db
    .select({ attemptId: runnerJobs.attemptId, state: runnerJobs.state })
    .from(runnerJobs)
    .where(inArray(runnerJobs.attemptId, attemptIds));
  // An archiver is an attempt too; its order looks after it until it is gone.
  const archivers = await ctx.db
    .select({ attemptId: archiveOrders.attemptId })
    .from(archiveOrders)
    .where(and(inArray(archiveOrders.attemptId, attemptIds), ne(archiveOrders.state, "waiting")));
  const knownAttemptIds = new Set(rows.map(attemptOf));
  const running = rows.filter(({ state }) => state === "launching" || state === "running");
  const live = new Set([...running, ...archivers].map(attemptOf));
  const orphans = page.filter(({ attemptId, isEnding }) => !isEnding && !live.has(attemptId));
  if (orphans.length === 0) return [];
  const noted = await ctx.db
    .insert(orphanJobs)
    .values(
      orphans.map(({ attemptId, uid, name }) => {
        const why = knownAttemptIds.has(attemptId) ? ("attempt-ended" as const) : ("attempt-unknown" as const);
        return { uid, attemptId, name, why };
      }),
    )
    .onConflictDoUpdate({
      target: orphanJobs.uid,
      set: { looks: sql`${orphanJobs.looks} + 1`, lastSeenAt: sql`clock_timestamp()`, endedAt: null },
    })
    .returning();
  for (const { uid, attemptId, name, why, looks } of noted)
    if (looks === 1) ctx.log.warn({ uid, attemptId, name, why }, "found an orphan: no live attempt owns it");
  return noted;
}

function attemptOf({ attemptId }: { attemptId: string }): string {
  return attemptId;
}

/** Forgets orphans that vanished by themselves at once, and those that were ended after some days. */
async function forgetVanished(ctx: ServiceContext, orphans: OrphanJobRow[]): Promise<void> {
  const uids = orphans.map(({ uid }) => uid);
  await ctx.db
    .delete(orphanJobs)
    .where(and(isNull(orphanJobs.endedAt), uids.length === 0 ? undefined : notInArray(orphanJobs.uid, uids)));
  await ctx.db
    .delete(orphanJobs)
    .where(
      and(
        isNotNull(orphanJobs.endedAt),
        lt(orphanJobs.endedAt, sql`clock_timestamp() - ${KEEP_DAYS} * interval '1 day'`),
      ),
    );
}

async function endOrphan({ ctx, executor }: ReconcilerDeps, orphan: OrphanJobRow): Promise<void> {
  const { uid, attemptId, name, why, looks } = orphan;
  if ((await executor.endStarted({ uid, attemptId, name, isEnding: false })) === "unconfirmed") {
    ctx.log.warn({ uid, attemptId, name, why }, "could not confirm that the orphan is gone");
    return;
  }
  await inTx(ctx, async (ctx) => {
    await ctx.db.update(orphanJobs).set({ endedAt: sql`clock_timestamp()` }).where(eq(orphanJobs.uid, uid));
    await audit(ctx, {
      action: "runnerJobs.endOrphan",
      targetKind: "runner-job",
      targetId: name,
      details: { uid, attemptId, why, looks },
    });
  });
  ctx.log.warn({ uid, attemptId, name, why }, "ended an orphan");
}
