import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListRunsInput, Run } from "@/contract/run";
import { leases, runs } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { toRun } from "./run";

/** Runs, the newest first. */
export async function listRuns(ctx: ServiceContext, input: ListRunsInput): Promise<Page<Run>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "runs.list" };
  const rows = await ctx.db
    .select({ run: runs, leaseExpiresAt: leases.leaseExpiresAt, position: sql<string>`${runs.createdAt}::text` })
    .from(runs)
    .leftJoin(leases, eq(leases.runId, runs.id))
    .where(and(matches(ctx, filter), cursor === undefined ? undefined : after(decodePlace(filter, cursor, 2))))
    .orderBy(desc(runs.createdAt), desc(runs.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.run.id]));
  return { items: page.rows.map((row) => toRun(row.run, row.leaseExpiresAt)), cursor: page.cursor };
}

function matches(ctx: ServiceContext, filter: Omit<ListRunsInput, "cursor" | "limit">): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return and(
    tenantId === null ? undefined : eq(runs.tenantId, tenantId),
    filter.tenantId === undefined ? undefined : eq(runs.tenantId, filter.tenantId),
    filter.projectId === undefined ? undefined : eq(runs.projectId, filter.projectId),
    filter.status === undefined ? undefined : eq(runs.status, filter.status),
    filter.backendProfile === undefined ? undefined : eq(runs.backendProfile, filter.backendProfile),
    filter.sessionId === undefined ? undefined : eq(runs.sessionId, filter.sessionId),
  );
}

function after([createdAt, id]: (string | number | null)[]): SQL {
  return sql`(${runs.createdAt}, ${runs.id}) < (${createdAt}::timestamptz, ${id})`;
}
