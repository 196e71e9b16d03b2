import { eq, sql } from "drizzle-orm";
import { BEATS_KEPT } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { runners } from "@/db/schema";

export type Vitals = { roundTripMs?: number; cpuPercent?: number; rssBytes?: number };

const SMALLINT_MAX = 32_767;

/**
 * Records a beat in the runner's row; none of the columns that it changes is in an index. Returns whether an operator
 * wants the runner drained; false for a runner that was never registered.
 */
export async function noteBeat(db: Db | Tx, runnerId: string, vitals: Vitals): Promise<boolean> {
  const trip = Math.min(vitals.roundTripMs ?? -1, SMALLINT_MAX);
  // A ring holds at most 60 beats: the oldest is dropped as the newest is added.
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
