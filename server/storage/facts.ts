import { inArray, sql } from "drizzle-orm";
import type { ArchiveOrder } from "@/contract/storage";
import { archiveOrders, type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { toArchiveOrder } from "./archive-order";
import { isExpiredOrIdle } from "./expiry";

/** A run that is not over; the claimed one comes before those that wait. */
export type OpenRun = { id: string; status: "claimed" | "pending" };

/** What is known of a session's volume besides its row. */
export type StorageFacts = {
  openRun: OpenRun | null;
  /** By the database's clock when this was read. */
  isExpired: boolean;
  archivedAt: string | null;
  archiveOrder: ArchiveOrder | null;
  /** Whether the order is for what the volume holds now, rather than for what it held before its last turn. */
  isOrderCurrent: boolean;
};

export const NO_FACTS: StorageFacts = {
  openRun: null,
  isExpired: false,
  archivedAt: null,
  archiveOrder: null,
  isOrderCurrent: false,
};

/** Reads the facts with two queries, however many sessions there are. */
export async function readFacts(ctx: ServiceContext, rows: SessionRow[]): Promise<Map<string, StorageFacts>> {
  if (rows.length === 0) return new Map();
  const orders = await readOrders(ctx, rows);
  const ids = sql.join(
    rows.map(({ sessionId }) => sql`${sessionId}`),
    sql`, `,
  );
  const { rows: found } = await ctx.db.execute<{
    sessionId: string;
    isExpired: boolean;
    runId: string | null;
    runStatus: OpenRun["status"] | null;
    archivedAt: Date | null;
  }>(sql`
    select ${sessions.sessionId} as "sessionId", run.id as "runId", run.status as "runStatus",
      coalesce(${isExpiredOrIdle(ctx)}, false) as "isExpired", manifest.created_at as "archivedAt"
    from ${sessions}
    left join lateral (
      select id, status from agentrun_runs
      where session_id = ${sessions.sessionId} and status in ('claimed', 'pending')
      order by status limit 1
    ) run on true
    left join agentrun_archive_manifests manifest on manifest.id = ${sessions.archiveManifestId}
    where ${sessions.sessionId} in (${ids})`);
  return new Map(
    found.map((row) => {
      const openRun = row.runId === null || row.runStatus === null ? null : { id: row.runId, status: row.runStatus };
      const archivedAt = row.archivedAt === null ? null : new Date(row.archivedAt).toISOString();
      const { isExpired } = row;
      return [row.sessionId, { openRun, isExpired, archivedAt, ...(orders.get(row.sessionId) ?? NO_ORDER) }];
    }),
  );
}

type Ordered = Pick<StorageFacts, "archiveOrder" | "isOrderCurrent">;
const NO_ORDER: Ordered = { archiveOrder: null, isOrderCurrent: false };

async function readOrders(ctx: ServiceContext, sessions: SessionRow[]): Promise<Map<string, Ordered>> {
  const commandIds = new Map(sessions.map(({ sessionId, volumeCommandId }) => [sessionId, volumeCommandId]));
  const rows = await ctx.db
    .select()
    .from(archiveOrders)
    .where(inArray(archiveOrders.sessionId, [...commandIds.keys()]));
  return new Map(
    rows.map((row) => {
      const isOrderCurrent = row.commandId === commandIds.get(row.sessionId);
      return [row.sessionId, { archiveOrder: toArchiveOrder(row), isOrderCurrent }];
    }),
  );
}
