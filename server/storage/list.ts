import { and, desc, eq, isNull, ne, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListStorageInput, StorageSummary } from "@/contract/storage";
import { sessions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { toStorageSummary } from "./summary";

/** Volumes by what changed last. Sessions that never had one are left out, unless their kind is asked for. */
export async function listStorage(ctx: ServiceContext, input: ListStorageInput): Promise<Page<StorageSummary>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "storage.list" };
  const tenantId = tenantOf(ctx);
  const isAny = input.storageKind === undefined && input.storageState === undefined;
  const [updatedAt, sessionId] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({ session: sessions, position: sql<string>`${sessions.updatedAt}::text` })
    .from(sessions)
    .where(
      and(
        isNull(sessions.deletedAt),
        tenantId === null ? undefined : eq(sessions.tenantId, tenantId),
        input.tenantId === undefined ? undefined : eq(sessions.tenantId, input.tenantId),
        input.projectId === undefined ? undefined : eq(sessions.projectId, input.projectId),
        input.storageKind === undefined ? undefined : eq(sessions.storageKind, input.storageKind),
        input.storageState === undefined ? undefined : eq(sessions.storageState, input.storageState),
        isAny ? ne(sessions.storageState, "none") : undefined,
        cursor === undefined
          ? undefined
          : sql`(${sessions.updatedAt}, ${sessions.sessionId}) < (${updatedAt}::timestamptz, ${sessionId})`,
      ),
    )
    .orderBy(desc(sessions.updatedAt), desc(sessions.sessionId))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.session.sessionId]));
  return { items: page.rows.map((row) => toStorageSummary(row.session)), cursor: page.cursor };
}
