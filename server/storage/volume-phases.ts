import { and, desc, eq, inArray, isNotNull, isNull, ne, sql } from "drizzle-orm";
import { renewPhases, type SeenPhase } from "@/db/queries/renew-phases";
import { runs, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/** What a list shows of a volume is no older than this and the time that a look takes. */
const EVERY_MS = 20_000;
/** Looking at very many volumes takes its time: at most so much of this process's, and of the API server's. */
const SHARE_MAX = 0.1;
const ROWS_PER_READ = 1_000;
/** Volumes that are asked for by name in one look: those beyond wait for the next. */
const ASKED_MAX = 100;
const LANES = 8;
/** A claim this long ago has been looked at by the next whole look. */
const CLAIMED_WITHIN_MS = 60_000;

/**
 * Keeps the phases of volumes that are not made by this program alone as their provider has them: a claim is bound with
 * its first pod, may be lost, and somebody may delete it. Lists, filters and live frames read the row.
 */
export class VolumePhases {
  #nextAtMs = Number.NEGATIVE_INFINITY;
  /** Where the last look stopped asking for volumes that were not listed. */
  #asked: Place | null = null;

  constructor(private readonly ctx: ServiceContext) {}

  /** Looks at all volumes when it is time, and in between at those of runs that were claimed just now. */
  async pass(): Promise<void> {
    const beganMs = performance.now();
    if (beganMs < this.#nextAtMs) return renewClaimed(this.ctx);
    const listed = await renewListed(this.ctx);
    const { names, stoppedAt } = await findMissing(this.ctx, listed, this.#asked);
    await renew(this.ctx, await readAsked(this.ctx, names));
    this.#asked = stoppedAt;
    const tookMs = performance.now() - beganMs;
    this.#nextAtMs = beganMs + Math.max(EVERY_MS, tookMs / SHARE_MAX);
  }
}

type Place = { updatedAt: string; sessionId: string };

/** In pages of the provider's: only the names are kept, to find volumes that are not there any more. */
async function renewListed(ctx: ServiceContext): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const volumes of ctx.volumes.list()) {
    for (const { name } of volumes) names.add(name);
    await renew(
      ctx,
      volumes.map(({ name, phase }) => ({ name, phase })),
    );
  }
  return names;
}

/** The pod that a run was claimed from has bound its session's claim: nobody waits for the next whole look. */
async function renewClaimed(ctx: ServiceContext): Promise<void> {
  const claimed = await ctx.db
    .selectDistinct({ name: sql<string>`${sessions.storagePvcName}` })
    .from(runs)
    .innerJoin(sessions, eq(sessions.sessionId, runs.sessionId))
    .where(
      and(
        eq(runs.status, "claimed"),
        sql`${runs.updatedAt} > clock_timestamp() - ${CLAIMED_WITHIN_MS} * interval '1 millisecond'`,
        isNotNull(sessions.storagePvcName),
        sql`${sessions.storagePvcPhase} is distinct from 'Bound'`,
      ),
    )
    .limit(ASKED_MAX);
  const seen = await readAsked(
    ctx,
    claimed.map(({ name }) => name),
  );
  await renew(ctx, seen);
}

async function renew(ctx: ServiceContext, seen: SeenPhase[]): Promise<void> {
  if (seen.length === 0) return;
  const changed = await renewPhases(ctx.db, seen);
  if (changed.length > 0) ctx.wake("sessions");
}

/** Asked for by name, since a list may be older than a volume that was made meanwhile. */
async function readAsked(ctx: ServiceContext, names: string[]): Promise<SeenPhase[]> {
  const left = [...names];
  const seen: SeenPhase[] = [];
  async function ask(): Promise<void> {
    for (let name = left.pop(); name !== undefined; name = left.pop())
      seen.push({ name, phase: (await ctx.volumes.find(name))?.phase ?? "Lost" });
  }
  await Promise.all(Array.from({ length: LANES }, ask));
  return seen;
}

/**
 * Names of volumes that were seen once and are not listed, so many at most, and where to go on. One that has lost its
 * label is never listed and there all the same: such hide no other for ever. Those known to be lost are left alone.
 */
async function findMissing(
  ctx: ServiceContext,
  listed: ReadonlySet<string>,
  from: Place | null,
): Promise<{ names: string[]; stoppedAt: Place | null }> {
  const names: string[] = [];
  for (let place = from; ; ) {
    const rows = await readNamed(ctx, place);
    for (const row of rows) {
      place = row;
      if (!listed.has(row.name)) names.push(row.name);
      if (names.length >= ASKED_MAX) return { names, stoppedAt: place };
    }
    if (rows.length < ROWS_PER_READ) return { names, stoppedAt: null };
  }
}

/** In the order of an index that holds volumes by their kind: evicted sessions are not read. */
function readNamed(ctx: ServiceContext, after: Place | null): Promise<(Place & { name: string })[]> {
  return ctx.db
    .select({
      name: sql<string>`${sessions.storagePvcName}`,
      sessionId: sessions.sessionId,
      updatedAt: sql<string>`${sessions.updatedAt}::text`,
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.storageKind, "pvc"),
        isNull(sessions.deletedAt),
        inArray(sessions.storageState, ["live", "archiving", "restoring"]),
        isNotNull(sessions.storagePvcName),
        ne(sessions.storagePvcPhase, "Lost"),
        after === null
          ? undefined
          : sql`(${sessions.updatedAt}, ${sessions.sessionId}) < (${after.updatedAt}::timestamptz, ${after.sessionId})`,
      ),
    )
    .orderBy(desc(sessions.updatedAt), desc(sessions.sessionId))
    .limit(ROWS_PER_READ);
}
