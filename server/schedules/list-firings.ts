import { and, desc, eq, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListFiringsInput, ScheduleFiring } from "@/contract/schedule";
import { queueTasks, scheduleFirings } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { FIRING_AND_TASK, IS_ITS_TASK, toFiring } from "./firing";
import { readSchedule } from "./schedule";

/** Lists a schedule's firings, the newest first. */
export async function listFirings(ctx: ServiceContext, input: ListFiringsInput): Promise<Page<ScheduleFiring>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "schedules.firings" };
  const position = cursor === undefined ? null : decodePlace(filter, cursor, 2);
  const { id: scheduleId } = await readSchedule(ctx, input.scheduleId);
  const rows = await ctx.db
    .select({ ...FIRING_AND_TASK, position: sql<string>`${scheduleFirings.dueAt}::text` })
    .from(scheduleFirings)
    .leftJoin(queueTasks, IS_ITS_TASK)
    .where(
      and(
        eq(scheduleFirings.scheduleId, scheduleId),
        input.outcome === undefined ? undefined : eq(scheduleFirings.outcome, input.outcome),
        position === null ? undefined : sql`${scheduleFirings.dueAt} < ${position[0]}::timestamptz`,
      ),
    )
    .orderBy(desc(scheduleFirings.dueAt))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, scheduleId]));
  return { items: page.rows.map(toFiring), cursor: page.cursor };
}
