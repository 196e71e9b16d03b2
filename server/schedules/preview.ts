import type { PreviewScheduleInput, SchedulePreview } from "@/contract/schedule";
import { PREVIEWED_TIMES } from "@/contract/words";
import type { ServiceContext } from "@/server/context";
import { describeCron, firstTime, readPlan } from "./plan";
import { databaseNow, instant } from "./schedule";

/** Returns a plan's description and next times; throws what is wrong with the plan. */
export async function previewSchedule(ctx: ServiceContext, input: PreviewScheduleInput): Promise<SchedulePreview> {
  const bounds = { startsAt: instant(input.startsAt), endsAt: instant(input.endsAt) };
  const plan = readPlan(input.cron, input.timeZone, bounds);
  const now = await databaseNow(ctx);
  // Refuses a plan that never comes, as storing it would.
  firstTime(plan, now, bounds);
  return { words: describeCron(input.cron), times: plan.next(now, PREVIEWED_TIMES).map((time) => time.toISOString()) };
}
