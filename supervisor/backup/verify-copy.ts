import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { startPostgres } from "@/supervisor/postgres/cluster";

const STOP_DEADLINE_MS = 30_000;
const SESSIONS_LISTED_MAX = 5;
/** As `server/archive/key.ts` names a session's folder. */
const SESSION_FOLDER = "left(encode(sha256(convert_to(session_id, 'UTF8')), 'hex'), 32)";

/** What a copy holds, as its own database says. */
export type CopySummary = { sessions: number; segments: number; segmentBytes: number };

/**
 * Starts the copied database once, which lets it recover from the log that was copied with it, holds the archive against
 * what it names, and stops it in order. `archive` is null where the archive lies elsewhere.
 *
 * Feeds are told that this is another database than the one it was copied from: changes since then never were, and the
 * cursors of whoever has seen them must not lead past what comes here. With the feeds' epoch collection waits for a person.
 */
export async function verifyCopy(opts: {
  dataDir: string;
  databaseName: string;
  password: string;
  archive: string | null;
}): Promise<CopySummary> {
  const { dataDir, databaseName, password, archive } = opts;
  const logFile = path.join(dataDir, "postgres.log");
  const server = await startPostgres({ dataDir, password, logFile, settings: {} });
  try {
    const client = new pg.Client({ connectionString: server.databaseUrl(databaseName) });
    await client.connect();
    try {
      await client.query("update agentrun_feed_epoch set system_identifier = 'copied'");
      const summary = await readSummary(client);
      if (archive !== null) await assertArchiveComplete(client, archive);
      return summary;
    } finally {
      await client.end();
    }
  } finally {
    await server.stop(STOP_DEADLINE_MS);
  }
}

async function readSummary(client: pg.Client): Promise<CopySummary> {
  const { rows } = await client.query<Record<keyof CopySummary, string>>(
    `select (select count(*) from agentrun_sessions where deleted_at is null) as sessions,
       count(*) as segments, coalesce(sum(stored_bytes), 0) as "segmentBytes"
     from agentrun_archive_segments where removing_at is null`,
  );
  const { sessions = 0, segments = 0, segmentBytes = 0 } = rows[0] ?? {};
  return { sessions: Number(sessions), segments: Number(segments), segmentBytes: Number(segmentBytes) };
}

/** Throws with the sessions of which a segment is not there, or not whole. One folder at a time: there may be millions. */
async function assertArchiveComplete(client: pg.Client, archive: string): Promise<void> {
  const missing: string[] = [];
  let lastSessionId = "";
  for (;;) {
    const { rows } = await client.query<{ sessionId: string; folder: string; held: Record<string, number> }>(
      `select session_id as "sessionId", ${SESSION_FOLDER} as folder, jsonb_object_agg(sha256, stored_bytes) as held
       from agentrun_archive_segments where removing_at is null and session_id > $1
       group by session_id order by session_id limit 500`,
      [lastSessionId],
    );
    for (const { sessionId, folder, held } of rows)
      if (!(await isComplete(path.join(archive, folder), held))) missing.push(sessionId);
    const last = rows.at(-1);
    if (last === undefined) break;
    lastSessionId = last.sessionId;
  }
  if (missing.length === 0) return;
  const sessionIds = missing.slice(0, SESSIONS_LISTED_MAX).join(", ");
  throw new Error(
    `The archive does not hold all that the database names, of ${missing.length} sessions: ${sessionIds}` +
      `${missing.length > SESSIONS_LISTED_MAX ? ", …" : ""}. Is AGENTRUN_ARCHIVE set as the product has it?`,
  );
}

async function isComplete(folder: string, held: Record<string, number>): Promise<boolean> {
  const existingFiles = new Set(await readdir(folder).catch(() => []));
  for (const [sha256, bytes] of Object.entries(held)) {
    if (!existingFiles.has(sha256) || (await stat(path.join(folder, sha256))).size !== bytes) return false;
  }
  return true;
}
