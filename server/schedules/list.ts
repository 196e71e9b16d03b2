import { and, eq, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListSchedulesInput, Schedule } from "@/contract/schedule";
import { contains } from "@/db/queries/sql/contains";
import { schedules } from "@/db/schema";
import { type ServiceContext, tenantFor } from "@/server/context";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { readSchedules } from "./schedule";

/** Lists schedules by name. */
export async function listSchedules(ctx: ServiceContext, input: ListSchedulesInput): Promise<Page<Schedule>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "schedules.list" };
  const position = cursor === undefined ? null : decodeCursor(filter, cursor, 2).map(String);
  const tenantId = tenantFor(ctx, input.tenantId);
  const where = and(
    tenantId === null ? undefined : eq(schedules.tenantId, tenantId),
    input.projectId === undefined ? undefined : eq(schedules.projectId, input.projectId),
    input.search === undefined ? undefined : contains(input.search, schedules.name),
    position === null ? undefined : sql`(${schedules.name}, ${schedules.id}) > (${position[0]}, ${position[1]})`,
  );
  const rows = await readSchedules(ctx, { where, max: limit + 1 });
  const page = pageFrom(rows, limit, ({ name, id }) => encodeCursor(filter, [name, id]));
  return { items: page.rows, cursor: page.cursor };
}
