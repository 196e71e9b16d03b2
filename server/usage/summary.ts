import { and, inArray } from "drizzle-orm";
import type { UsageGroup, UsageRow, UsageSummary, UsageSummaryInput } from "@/contract/usage";
import { type GroupSums, sumUsageBy } from "@/db/queries/usage/sum-usage";
import { queueTasks, sessions } from "@/db/schema";
import { type ServiceContext, tenantAsked } from "@/server/context";
import { isOwned } from "@/server/owned";
import { totalsOf } from "./totals";

const DAY_MS = 86_400_000;
/** How many days are returned if the caller does not say since when. */
const DAYS_TOLD = 7;

/** Sums up the calls of some days by profile, model or other fields. Days are of UTC. */
export async function summarizeUsage(ctx: ServiceContext, input: UsageSummaryInput): Promise<UsageSummary> {
  const { groupBy, byDay, limit, projectId, backendProfile, model } = input;
  const today = dayOf(Date.now());
  const to = input.to ?? (input.from !== undefined && input.from > today ? input.from : today);
  const from = input.from ?? dayOf(Date.parse(to) - (DAYS_TOLD - 1) * DAY_MS);
  const tenantScope = tenantAsked(ctx, input.tenantId);
  const scope = { from, to, projectId, backendProfile, model };
  const rows =
    tenantScope === null ? [] : await sumUsageBy(ctx.db, { ...scope, ...tenantScope }, { groupBy, byDay, limit });
  const totals = rows.filter(({ isTotal }) => isTotal);
  const groups = totals[0]?.place ?? 0;
  const items = itemsOf(rows.filter(({ isTotal }) => !isTotal));
  return {
    from,
    to,
    groupBy,
    items: await withTitles(ctx, groupBy, items),
    total: totalsOf(totals),
    groupsLeftOut: Math.max(0, groups - limit),
  };
}

/** Rows come in order, with those of an item's currencies next to each other. */
function itemsOf(rows: readonly GroupSums[]): UsageRow[] {
  const items = new Map<string, GroupSums[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.group, row.day]);
    items.set(key, [...(items.get(key) ?? []), row]);
  }
  return [...items.values()].map((sums) => ({
    group: sums[0]?.group ?? "",
    day: sums[0]?.day ?? null,
    usage: totalsOf(sums),
  }));
}

/** Sessions and tasks with their titles; both are the caller's, since their calls are. */
async function withTitles(ctx: ServiceContext, groupBy: UsageGroup, items: UsageRow[]): Promise<UsageRow[]> {
  if (groupBy !== "session" && groupBy !== "task") return items;
  const ids = [...new Set(items.map(({ group }) => group))].filter((id) => id !== "");
  if (ids.length === 0) return items;
  const rows = await (groupBy === "session"
    ? ctx.db
        .select({ id: sessions.sessionId, title: sessions.title })
        .from(sessions)
        .where(and(inArray(sessions.sessionId, ids), isOwned(ctx, sessions, {})))
    : ctx.db
        .select({ id: queueTasks.id, title: queueTasks.title })
        .from(queueTasks)
        .where(and(inArray(queueTasks.id, ids), isOwned(ctx, queueTasks, {}))));
  const titles = new Map(rows.map(({ id, title }) => [id, title]));
  return items.map((item) => ({ ...item, title: titles.get(item.group) ?? null }));
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
