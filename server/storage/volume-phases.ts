import { and, desc, eq, inArray, isNotNull, isNull, ne, sql } from "drizzle-orm";
import { renewPhases, type SeenPhase } from "@/db/queries/renew-phases";
import { runs, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/** The time between two looks. A list shows phases no older than this and the duration of a look. */
const INTERVAL_MS = 20_000;
/**
 * The maximum share of this process's time, and of the API server's, that looks may take: a look at very many volumes
 * takes long.
 */
const SHARE_MAX = 0.1;
const PAGE_SIZE = 1_000;
/** Volumes requested by name in one look; the others wait for the next. */
const LOOKUPS_MAX = 100;
const CONCURRENCY_MAX = 8;
/** Runs claimed longer ago than this were covered by a whole look. */
const CLAIMED_WITHIN_MS = 60_000;

/**
 * Keeps the rows' phases of volumes up to date for providers where others change them too: a PVC is bound with its
 * first pod, may be lost, and somebody may delete it. Lists, filters and live frames read the row.
 */
export class VolumePhases {
  #nextAtMs = Number.NEGATIVE_INFINITY;
  /** Where the last look stopped asking for volumes that were not listed. */
  #position: PhasePosition | null = null;

  constructor(private readonly ctx: ServiceContext) {}

  /** Looks at all volumes when that is due, and in between at those of runs that were claimed just now. */
  async pass(): Promise<void> {
    const beganMs = performance.now();
    if (beganMs < this.#nextAtMs) return updateClaimed(this.ctx);
    const listed = await updateListed(this.ctx);
    const { names, stoppedAt } = await findMissing(this.ctx, listed, this.#position);
    await updatePhases(this.ctx, await readByName(this.ctx, names));
    this.#position = stoppedAt;
    const tookMs = performance.now() - beganMs;
    this.#nextAtMs = beganMs + Math.max(INTERVAL_MS, tookMs / SHARE_MAX);
  }
}

type PhasePosition = { updatedAt: string; sessionId: string };

/**
 * Updates the phases of all listed volumes, in the provider's pages. Only names are kept, to find volumes that are no
 * longer listed.
 */
async function updateListed(ctx: ServiceContext): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const volumes of ctx.volumes.list()) {
    for (const { name } of volumes) names.add(name);
    await updatePhases(
      ctx,
      volumes.map(({ name, phase }) => ({ name, phase })),
    );
  }
  return names;
}

/**
 * Updates the phases of just-claimed sessions, whose PVC the run's pod has bound, without waiting for the next whole
 * look.
 */
async function updateClaimed(ctx: ServiceContext): Promise<void> {
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
    .limit(LOOKUPS_MAX);
  const phases = await readByName(
    ctx,
    claimed.map(({ name }) => name),
  );
  await updatePhases(ctx, phases);
}

async function updatePhases(ctx: ServiceContext, phases: SeenPhase[]): Promise<void> {
  if (phases.length === 0) return;
  const changed = await renewPhases(ctx.db, phases);
  if (changed.length > 0) ctx.wake("sessions");
}

/** Reads volumes by name, since a list may be older than a volume that was made meanwhile. */
async function readByName(ctx: ServiceContext, names: string[]): Promise<SeenPhase[]> {
  const pending = [...names];
  const phases: SeenPhase[] = [];
  async function takeNext(): Promise<void> {
    for (let name = pending.pop(); name !== undefined; name = pending.pop())
      phases.push({ name, phase: (await ctx.volumes.find(name))?.phase ?? "Lost" });
  }
  await Promise.all(Array.from({ length: CONCURRENCY_MAX }, takeNext));
  return phases;
}

/**
 * Returns names of volumes that were seen once and are not listed, up to a bound, and where to continue. A volume that
 * has lost its label is never listed although it exists; continuing behind the last place keeps such volumes from
 * hiding others. Volumes known to be lost are left out.
 */
async function findMissing(
  ctx: ServiceContext,
  listed: ReadonlySet<string>,
  from: PhasePosition | null,
): Promise<{ names: string[]; stoppedAt: PhasePosition | null }> {
  const names: string[] = [];
  for (let position = from; ; ) {
    const rows = await readNamed(ctx, position);
    for (const row of rows) {
      position = row;
      if (!listed.has(row.name)) names.push(row.name);
      if (names.length >= LOOKUPS_MAX) return { names, stoppedAt: position };
    }
    if (rows.length < PAGE_SIZE) return { names, stoppedAt: null };
  }
}

/** Reads in the order of an index by kind of storage, so that evicted sessions are not read. */
function readNamed(ctx: ServiceContext, after: PhasePosition | null): Promise<(PhasePosition & { name: string })[]> {
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
    .limit(PAGE_SIZE);
}
