import { eq } from "drizzle-orm";
import type { DeletedSchedule, DeleteScheduleInput } from "@/contract/schedule";
import { schedules } from "@/db/schema";
import { setScheduleImages } from "@/server/attachments";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockSchedule } from "./schedule";

/** Deletes a schedule with its firings. The tasks that it has added stay as they are. */
export function deleteSchedule(ctx: ServiceContext, input: DeleteScheduleInput): Promise<DeletedSchedule> {
  return inTx(ctx, async (ctx) => {
    const { id: scheduleId, tenantId, projectId, name, cron, timeZone } = await lockSchedule(ctx, input);
    await ctx.db.delete(schedules).where(eq(schedules.id, scheduleId));
    await setScheduleImages(ctx, { id: scheduleId, tenantId, projectId }, {});
    const details = { name, cron, timeZone };
    await audit(ctx, { action: "schedules.delete", targetKind: "schedule", targetId: scheduleId, tenantId, details });
    return { scheduleId };
  });
}
