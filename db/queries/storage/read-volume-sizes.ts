import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** As many as a chart has room for. */
export const SIZES_MAX = 200;

export type VolumeSizeRow = { atMs: number; sizeBytes: number; filesCount: number; measured: number };

/**
 * Returns the sizes of a session's volume over its whole life, oldest first. Where there are more than can be drawn,
 * the time is cut into equal spans and the last size of each is returned, so that the newest is always included.
 */
export async function readVolumeSizes(
  db: Db | Tx,
  { sessionId, tenantId }: { sessionId: string; tenantId: string | null },
): Promise<VolumeSizeRow[]> {
  const { rows } = await db.execute<VolumeSizeRow>(sql`
    with sizes as (
      select extract(epoch from size.measured_at)::float8 as at, size.size_bytes, size.files_count
      from agentrun_volume_sizes size join agentrun_sessions session using (session_id)
      where size.session_id = ${sessionId} and ${tenantId === null ? sql`true` : sql`session.tenant_id = ${tenantId}`}),
    whole as (select count(*)::int as measured, min(at) as first, max(at) as last from sizes),
    spans as (
      select sizes.*, measured, case when measured <= ${SIZES_MAX} then at
        else floor((at - first) / (last - first) * ${SIZES_MAX - 1}) end as span
      from sizes cross join whole)
    select distinct on (span) at * 1000 as "atMs", size_bytes::float8 as "sizeBytes", files_count as "filesCount",
      measured
    from spans order by span, at desc`);
  return rows;
}
