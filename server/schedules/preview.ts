import type { PreviewScheduleInput, SchedulePreview } from "@/contract/schedule";
import { PREVIEWED_TIMES } from "@/contract/words";
import type { ServiceContext } from "@/server/context";
import { nextTime, readPlan, wordsOf } from "./plan";
import { databaseNow } from "./schedule";

/** What a plan says in words, and its next times; throws what is wrong with it. */
export async function previewSchedule(ctx: ServiceContext, input: PreviewScheduleInput): Promise<SchedulePreview> {
  const plan = readPlan(input.cron, input.timeZone);
  const now = await databaseNow(ctx);
  // One that never comes is refused here as it would be stored.
  nextTime(plan, now);
  return { words: wordsOf(input.cron), times: plan.next(now, PREVIEWED_TIMES).map((time) => time.toISOString()) };
}
