import { and, asc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { IS_EXPIRED, isIdle } from "./expiry";
import { NO_FACTS, readFacts, type StorageFacts } from "./facts";
import { COLLECTABLE } from "./keeper";

const PER_READ = 200;
/** Of each kind, at most: what stands behind them waits for the next collection. */
const LOOKED_AT_MAX = 10_000;

export type Candidate = { session: SessionRow; facts: StorageFacts };

/** Volumes whose time is over, in pages: by their own expiry, the oldest first, then by idle time, the idlest first. */
export async function* readCandidates(ctx: ServiceContext): AsyncGenerator<Candidate[]> {
  yield* readPages(ctx, { isOver: IS_EXPIRED, key: sql`${sessions.expiresAt}` });
  const isOver = isIdle(ctx);
  if (isOver !== null) yield* readPages(ctx, { isOver, key: sql`${sessions.usedAt}` });
}

/** How many volumes' time is over: each kind by its own index. */
export async function countCandidates(ctx: ServiceContext): Promise<number> {
  const expired = await ctx.db.$count(sessions, and(isVolume(ctx), IS_EXPIRED));
  const isOver = isIdle(ctx);
  return isOver === null ? expired : expired + (await ctx.db.$count(sessions, and(isVolume(ctx), isOver)));
}

/** All volumes of sessions that are not deleted, counted up to a bound. */
export async function countVolumes(ctx: ServiceContext, max: number): Promise<number> {
  const isAny = and(eq(sessions.storageKind, "pvc"), isNull(sessions.deletedAt));
  const counted = ctx.db.select({ one: sql`1` }).from(sessions).where(isAny).limit(max).as("counted");
  return ctx.db.$count(counted);
}

async function* readPages(
  ctx: ServiceContext,
  { isOver, key }: { isOver: SQL | undefined; key: SQL },
): AsyncGenerator<Candidate[]> {
  let after: SQL | undefined;
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += PER_READ) {
    const rows = await ctx.db
      .select({ session: sessions, position: sql<string>`${key}::text` })
      .from(sessions)
      .where(and(isVolume(ctx), isOver, inArray(sessions.storageState, [...COLLECTABLE]), after))
      .orderBy(asc(key), asc(sessions.sessionId))
      .limit(PER_READ);
    const read = rows.map(({ session }) => session);
    const facts = await readFacts(ctx, read);
    yield read.map((session) => ({ session, facts: facts.get(session.sessionId) ?? NO_FACTS }));
    const last = rows.at(-1);
    if (!last || rows.length < PER_READ) return;
    after = sql`(${key}, ${sessions.sessionId}) > (${last.position}::timestamptz, ${last.session.sessionId})`;
  }
}

function isVolume(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return and(
    eq(sessions.storageKind, "pvc"),
    isNull(sessions.deletedAt),
    tenantId === null ? undefined : eq(sessions.tenantId, tenantId),
  );
}
