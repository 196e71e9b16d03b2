import { sql } from "drizzle-orm";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/** A run that is not over, the claimed one before those that wait. */
export type OpenRun = { id: string; status: "claimed" | "pending" };

/** What is known of a session's volume beside its row. */
export type StorageFacts = {
  openRun: OpenRun | null;
  /** By the database's clock, when this was read. */
  isExpired: boolean;
  archivedAt: string | null;
};

export const NO_FACTS: StorageFacts = { openRun: null, isExpired: false, archivedAt: null };

/** By one query, however many sessions. */
export async function readFacts(ctx: ServiceContext, sessions: SessionRow[]): Promise<Map<string, StorageFacts>> {
  if (sessions.length === 0) return new Map();
  const ids = sql.join(
    sessions.map(({ sessionId }) => sql`${sessionId}`),
    sql`, `,
  );
  const { rows } = await ctx.db.execute<{
    sessionId: string;
    isExpired: boolean;
    runId: string | null;
    runStatus: OpenRun["status"] | null;
    archivedAt: Date | null;
  }>(sql`
    select session.session_id as "sessionId", run.id as "runId", run.status as "runStatus",
      coalesce(session.expires_at <= clock_timestamp(), false) as "isExpired", manifest.created_at as "archivedAt"
    from agentrun_sessions session
    left join lateral (
      select id, status from agentrun_runs
      where session_id = session.session_id and status in ('claimed', 'pending')
      order by status limit 1
    ) run on true
    left join agentrun_archive_manifests manifest on manifest.id = session.archive_manifest_id
    where session.session_id in (${ids})`);
  return new Map(
    rows.map((row) => {
      const openRun = row.runId === null || row.runStatus === null ? null : { id: row.runId, status: row.runStatus };
      const archivedAt = row.archivedAt === null ? null : new Date(row.archivedAt).toISOString();
      return [row.sessionId, { openRun, isExpired: row.isExpired, archivedAt }];
    }),
  );
}
