import { and, asc, eq, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { IS_EXPIRED, isIdle } from "./expiry";
import { NO_FACTS, readFacts, type StorageFacts } from "./facts";
import { COLLECTABLE, HAS_CURRENT_ARCHIVE, WAS_USED } from "./retention-reason";

const PAGE_SIZE = 200;
/** How many candidates of each kind are looked at; the next collection continues behind them. */
const SCANNED_MAX = 10_000;

export type Candidate = { session: SessionRow; facts: StorageFacts };

/** A candidate's time is over by its own expiry, or by idle time. */
export type CandidateKind = "expired" | "idle";
type CandidatePosition = { at: string; sessionId: string };
/**
 * For each kind, the candidate at which the last look stopped because of its bound. A kind without a place begins at
 * the oldest.
 */
export type CandidatePositions = Partial<Record<CandidateKind, CandidatePosition>>;
type Kind = { kind: CandidateKind; isDue: SQL | undefined; key: SQL };

/** Returns the kinds in order: by expiry, the oldest first; then by idle time, the longest idle first. */
function kindsOf(ctx: ServiceContext): Kind[] {
  const isDue = isIdle(ctx);
  const expired: Kind = { kind: "expired", isDue: IS_EXPIRED, key: sql`${sessions.expiresAt}` };
  return isDue === null ? [expired] : [expired, { kind: "idle", isDue, key: sql`${sessions.usedAt}` }];
}

/**
 * Yields pages of volumes whose time is over, from where the last look stopped. Pinned volumes are left out. Changes
 * `positions` to where the next look continues, so that many volumes kept for other reasons do not hide those behind them
 * for ever.
 */
export async function* readCandidates(ctx: ServiceContext, positions: CandidatePositions): AsyncGenerator<Candidate[]> {
  for (const kind of kindsOf(ctx)) {
    let lastPosition = positions[kind.kind];
    let scanned = 0;
    for await (const rows of readPages(ctx, kind, { isPinned: false, after: lastPosition })) {
      const facts = await readFacts(
        ctx,
        rows.map(({ session }) => session),
      );
      yield rows.map(({ session }) => ({ session, facts: facts.get(session.sessionId) ?? NO_FACTS }));
      scanned += rows.length;
      lastPosition = rows.at(-1)?.position;
    }
    if (scanned >= SCANNED_MAX && lastPosition) positions[kind.kind] = lastPosition;
    else delete positions[kind.kind];
  }
}

/** Yields pinned volumes whose time is over. They are reported, and do not count against what is looked at. */
export async function* readPinned(ctx: ServiceContext): AsyncGenerator<SessionRow[]> {
  for (const kind of kindsOf(ctx)) {
    for await (const rows of readPages(ctx, kind, { isPinned: true, after: undefined }))
      yield rows.map(({ session }) => session);
  }
}

/**
 * Counts volumes that may be collected, as far as rows show, each kind by its own index. Volumes that are kept do not
 * count as a mass expiry.
 */
export async function countCandidates(ctx: ServiceContext): Promise<number> {
  let count = 0;
  for (const { isDue } of kindsOf(ctx))
    count += await ctx.db.$count(sessions, and(isVolume(ctx), isDue, isNull(sessions.pinnedAt), isCollectable(ctx)));
  return count;
}

/**
 * The condition for an unpinned volume that nobody needs and whose last turn is archived, can be archived, or need not
 * be.
 */
function isCollectable(ctx: ServiceContext): SQL | undefined {
  const isReachable = ctx.volumes.folderOf(ctx.volumes.nameFor("any")) !== null;
  const isArchived = or(
    HAS_CURRENT_ARCHIVE,
    sql`(${sessions.storageState} <> 'restoring' and (${sessions.storagePolicy} = 'discard' or not ${WAS_USED}))`,
  );
  const canBeArchived = and(
    sql`${sessions.storageState} <> 'restoring'`,
    sql`not exists (select from agentrun_archive_orders archiving
      where archiving.session_id = ${sessions.sessionId} and archiving.failure is not null)`,
  );
  return and(
    inArray(sessions.storageState, [...COLLECTABLE]),
    sql`not exists (select from agentrun_runs run
      where run.session_id = ${sessions.sessionId} and run.status in ('claimed', 'pending'))`,
    sql`not exists (select from agentrun_queue_tasks task where task.session_id is not null
      and task.session_id = ${sessions.sessionId} and task.state in ('pending', 'dispatched', 'running'))`,
    isReachable || ctx.settings.executor === "kubernetes" ? or(isArchived, canBeArchived) : isArchived,
  );
}

/** Counts all volumes of sessions that are not deleted, up to a bound. */
export async function countVolumes(ctx: ServiceContext, max: number): Promise<number> {
  const isAny = and(eq(sessions.storageKind, "pvc"), isNull(sessions.deletedAt));
  const counted = ctx.db.select({ one: sql`1` }).from(sessions).where(isAny).limit(max).as("counted");
  return ctx.db.$count(counted);
}

type Row = { session: SessionRow; position: CandidatePosition };

async function* readPages(
  ctx: ServiceContext,
  { isDue, key }: Kind,
  from: { isPinned: boolean; after: CandidatePosition | undefined },
): AsyncGenerator<Row[]> {
  const hasPinState = from.isPinned ? isNotNull(sessions.pinnedAt) : isNull(sessions.pinnedAt);
  let { after } = from;
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += PAGE_SIZE) {
    const isAfter = after && sql`(${key}, ${sessions.sessionId}) > (${after.at}::timestamptz, ${after.sessionId})`;
    const rows = await ctx.db
      .select({ session: sessions, at: sql<string>`${key}::text` })
      .from(sessions)
      .where(and(isVolume(ctx), isDue, hasPinState, inArray(sessions.storageState, [...COLLECTABLE]), isAfter))
      .orderBy(asc(key), asc(sessions.sessionId))
      .limit(PAGE_SIZE);
    const read = rows.map(({ session, at }) => ({ session, position: { at, sessionId: session.sessionId } }));
    yield read;
    after = read.at(-1)?.position;
    if (!after || read.length < PAGE_SIZE) return;
  }
}

function isVolume(ctx: ServiceContext): SQL | undefined {
  return and(eq(sessions.storageKind, "pvc"), isNull(sessions.deletedAt), isOwned(ctx, sessions, {}));
}
