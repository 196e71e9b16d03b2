import { and, desc, eq, sql } from "drizzle-orm";
import type { GcDifference, GcHistoryEntry, GcHistoryPage, GcReport, ListGcHistoryInput } from "@/contract/storage";
import { audit as auditTable } from "@/db/schema";
import { audit } from "@/server/audit";
import { type Actor, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { iso } from "@/server/stored";
import { readSchedule } from "./pause";

const ACTION = "storage.gc.collected";
/** A loop that is kept from collecting reports it again after this long, not at every pass. */
const REFUSAL_EVERY_MINUTES = 60;

type CollectionSummary = Pick<
  GcHistoryEntry,
  "evicted" | "advanced" | "kept" | "bytes" | "reasons" | "breaker" | "difference"
>;
/** Rows from before differences were recorded have none. */
type StoredSummary = Omit<CollectionSummary, "difference"> & Partial<Pick<CollectionSummary, "difference">>;
export type Collection = {
  report: GcReport;
  kept: ReadonlyMap<string, number>;
  breaker: string | null;
  difference: GcDifference | null;
};

/** Lists collections that took something or were kept from it, the newest first, from their audit rows. */
export async function listGcHistory(ctx: ServiceContext, input: ListGcHistoryInput): Promise<GcHistoryPage> {
  const { cursor, limit } = input;
  const filter = { list: "storage.history" };
  const tenantId = tenantOf(ctx);
  const [at, id] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({ row: auditTable, position: sql<string>`${auditTable.at}::text` })
    .from(auditTable)
    .where(
      and(
        eq(auditTable.action, ACTION),
        tenantId === null ? undefined : eq(auditTable.tenantId, tenantId),
        cursor === undefined ? undefined : sql`(${auditTable.at}, ${auditTable.id}) < (${at}::timestamptz, ${id})`,
      ),
    )
    .orderBy(desc(auditTable.at), desc(auditTable.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, ({ row, position }) => encodeCursor(filter, [position, row.id]));
  return {
    items: page.rows.map(({ row }) => ({
      id: row.id,
      at: iso(row.at),
      actor: row.actor,
      trigger: triggerOf(row.actor),
      // Written only by `auditCollection`.
      ...withDifference(row.details as StoredSummary),
    })),
    cursor: page.cursor,
    schedule: await readSchedule(ctx),
  };
}

/** Writes a collection's audit row, unless the collection took nothing, as expected, and nothing stopped it. */
export async function auditCollection(
  ctx: TxContext,
  { report, kept, breaker, difference }: Collection,
): Promise<void> {
  const [evicted, advanced] = [report.evicted.length, report.advanced.length];
  const differsFromPlan = difference !== null && difference.stayed.count > 0;
  if (!differsFromPlan && evicted + advanced === 0 && (breaker === null || (await wasReportedRecently(ctx, breaker))))
    return;
  const reasons = [...kept]
    .map(([reason, count]) => ({ reason, count }))
    .sort((left, right) => right.count - left.count);
  const sum = reasons.reduce((total, { count }) => total + count, 0);
  const { bytes } = report.totals.evicted;
  const details: CollectionSummary = { evicted, advanced, kept: sum, bytes, reasons, breaker, difference };
  await audit(ctx, { action: ACTION, targetKind: "volume", targetId: "all", details });
}

async function wasReportedRecently(ctx: TxContext, breaker: string): Promise<boolean> {
  const [last] = await ctx.db
    .select({
      breaker: sql<string | null>`${auditTable.details}->>'breaker'`,
      isRecent: sql<boolean>`${auditTable.at} > clock_timestamp() - ${REFUSAL_EVERY_MINUTES} * interval '1 minute'`,
    })
    .from(auditTable)
    .where(eq(auditTable.action, ACTION))
    .orderBy(desc(auditTable.at), desc(auditTable.id))
    .limit(1);
  return last?.breaker !== undefined && codeOf(last.breaker ?? "") === codeOf(breaker) && last.isRecent;
}

function withDifference({ difference = null, ...summary }: StoredSummary): CollectionSummary {
  return { ...summary, difference };
}

/** Returns a reason's code, the part before the colon, which is what is counted. */
export function codeOf(reason: string): string {
  return reason.split(":")[0] ?? reason;
}

function triggerOf(actor: string): GcHistoryEntry["trigger"] {
  const [kind, name]: (Actor["kind"] | string | undefined)[] = actor.split(":");
  if (kind !== "system") return "person";
  return name === "cron" ? "cron" : "loop";
}
