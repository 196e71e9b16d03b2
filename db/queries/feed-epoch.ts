import { randomUUID } from "node:crypto";
import type pg from "pg";

const FEED_TABLES = ["agentrun_runs", "agentrun_sessions", "agentrun_queue_tasks"] as const;

/**
 * Gives the feeds a new epoch when the old one was made in another database. A dump restored into another cluster
 * starts its transaction ids anew, so every row is stamped as older than all later ones.
 */
export async function renewFeedEpoch(client: Pick<pg.Client, "query">): Promise<void> {
  const here = await client.query<{ id: string }>("SELECT system_identifier::text AS id FROM pg_control_system()");
  const systemIdentifier = here.rows[0]?.id ?? "unknown";
  const known = await client.query<{ system_identifier: string }>("SELECT system_identifier FROM agentrun_feed_epoch");
  if (known.rows[0]?.system_identifier === systemIdentifier) return;
  await client.query("BEGIN");
  try {
    if (known.rows.length > 0) {
      for (const table of FEED_TABLES)
        await client.query(`UPDATE ${table} SET change_xid = '0' WHERE change_xid <> '0'`);
    }
    await client.query(
      `INSERT INTO agentrun_feed_epoch (is_only, epoch, system_identifier) VALUES (true, $1, $2)
       ON CONFLICT (is_only) DO UPDATE SET epoch = excluded.epoch, system_identifier = excluded.system_identifier, created_at = now()`,
      [randomUUID(), systemIdentifier],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
