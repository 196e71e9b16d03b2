import { type SQL, sql } from "drizzle-orm";
import type { StorageTotals } from "@/contract/storage";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isExpiredOrIdle } from "./expiry";

const PROJECTS_MAX = 20;

/** Returns sums over all matching sessions, in one pass. */
export async function readTotals(ctx: ServiceContext, matches: SQL | undefined): Promise<StorageTotals> {
  const { rows } = await ctx.db.execute<{ totals: StorageTotals }>(sql`
    with stored as materialized (
      select ${sessions.tenantId} as tenant, ${sessions.projectId} as project, ${sessions.storageState} as state,
        ${sessions.storageState} = 'evicted' as gone, count(*) as volumes,
        coalesce(sum(${sessions.storageSizeBytes}), 0) as bytes, coalesce(sum(${sessions.storageFilesCount}), 0) as files,
        count(${sessions.pinnedAt}) as pinned,
        count(*) filter (where ${isExpiredOrIdle(ctx)}) as expired,
        count(${sessions.archiveManifestId}) as archived
      from ${sessions} where ${matches} and ${sessions.storageState} <> 'none' group by 1, 2, 3
    ), by_state as (
      select state, sum(volumes) as volumes, sum(bytes) as bytes from stored group by state
    ), by_project as (
      select tenant, project, sum(volumes) as volumes, sum(bytes) as bytes from stored where not gone
      group by 1, 2 order by 4 desc, 1, 2 limit ${PROJECTS_MAX}
    )
    select json_build_object(
      'volumes', coalesce(sum(volumes) filter (where not gone), 0),
      'bytes', coalesce(sum(bytes) filter (where not gone), 0),
      'files', coalesce(sum(files) filter (where not gone), 0),
      'pinned', coalesce(sum(pinned) filter (where not gone), 0),
      'expired', coalesce(sum(expired) filter (where not gone), 0),
      'evicted', coalesce(sum(volumes) filter (where gone), 0),
      'restorable', coalesce(sum(archived) filter (where gone), 0),
      'states', (select coalesce(json_agg(json_build_object(
        'storageState', state, 'volumes', volumes, 'bytes', bytes) order by state), '[]') from by_state),
      'projects', (select coalesce(json_agg(json_build_object(
        'tenantId', tenant, 'projectId', project, 'volumes', volumes, 'bytes', bytes) order by bytes desc, tenant, project), '[]')
        from by_project)
    ) as totals from stored`);
  const [row] = rows;
  if (!row) throw new Error("an aggregate answers one row");
  return row.totals;
}
