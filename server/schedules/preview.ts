import type { PreviewScheduleInput, SchedulePreview } from "@/contract/schedule";
import { PREVIEWED_TIMES } from "@/contract/words";
import type { ServiceContext } from "@/server/context";
import { firstTime, readPlan, wordsOf } from "./plan";
import { databaseNow, instant } from "./schedule";

/** What a plan says in words, and its next times; throws what is wrong with it. */
export async function previewSchedule(ctx: ServiceContext, input: PreviewScheduleInput): Promise<SchedulePreview> {
  const bounds = { startsAt: instant(input.startsAt), endsAt: instant(input.endsAt) };
  const plan = readPlan(input.cron, input.timeZone, bounds);
  const now = await databaseNow(ctx);
  // One that never comes is refused here as it would be stored.
  firstTime(plan, now, bounds);
  return { words: wordsOf(input.cron), times: plan.next(now, PREVIEWED_TIMES).map((time) => time.toISOString()) };
}
