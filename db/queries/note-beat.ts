import { eq, sql } from "drizzle-orm";
import { BEATS_KEPT } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { runners } from "@/db/schema";

export type Vitals = { roundTripMs?: number; cpuPercent?: number; rssBytes?: number };

const SMALLINT_MAX = 32_767;

/**
 * Notes a runner's beat in its own row, which is in no index by what changes here. Answers whether an operator wants it
 * drained; false of a runner that nobody registered.
 */
export async function noteBeat(db: Db | Tx, runnerId: string, vitals: Vitals): Promise<boolean> {
  const trip = Math.min(vitals.roundTripMs ?? -1, SMALLINT_MAX);
  // The sum may hold 60 at most: the oldest goes as the newest comes.
  const kept = (ring: typeof runners.beatGaps | typeof runners.beatTrips, beat: ReturnType<typeof sql>) =>
    sql`(${ring} || ${beat})[greatest(cardinality(${ring}) - ${BEATS_KEPT - 2}, 1):]`;
  const tenths = sql`round(extract(epoch from clock_timestamp() - ${runners.heartbeatAt}) * 10)`;
  const [row] = await db
    .update(runners)
    .set({
      heartbeatAt: sql`clock_timestamp()`,
      beatCount: sql`${runners.beatCount} + 1`,
      beatGaps: kept(runners.beatGaps, sql`greatest(0, least(${SMALLINT_MAX}, ${tenths}))::smallint`),
      beatTrips: kept(runners.beatTrips, sql`${trip}::smallint`),
      ...(vitals.cpuPercent === undefined ? {} : { cpuPercent: vitals.cpuPercent }),
      ...(vitals.rssBytes === undefined ? {} : { rssBytes: vitals.rssBytes }),
    })
    .where(eq(runners.id, runnerId))
    .returning({ isDraining: sql<boolean>`${runners.drain} is not null` });
  return row?.isDraining ?? false;
}
