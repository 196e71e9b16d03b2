import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

// A manifest names up to 50,000 files in megabytes of JSON, so PostgreSQL takes it apart and returns only what is asked
// for. Paths are those of the volume.

/** What a folder directly holds: an entry of the manifest, with the sum of what is below a folder. */
export type FolderRow = {
  name: string;
  kind: "file" | "folder" | "link";
  mode: number | null;
  target: string | null;
  sizeBytes: number;
  filesCount: number;
};
/** Where a page begins: behind this name, among the folders or behind them. */
export type FolderPlace = { isFolder: boolean; name: string };

/** Returns what a folder directly holds, folders first, each by name in the order of its bytes. */
export async function readFolder(
  db: Db | Tx,
  { manifestId, path, after, limit }: { manifestId: string; path: string; after: FolderPlace | null; limit: number },
): Promise<FolderRow[]> {
  const prefix = `${path}/`;
  const isAfter =
    after === null
      ? sql``
      : sql`where (kind <> 'folder', name collate "C") > (${!after.isFolder}::boolean, ${after.name}::text collate "C")`;
  const { rows } = await db.execute<FolderRow>(sql`
    with below as (
      select substr(entry->>'path', ${prefix.length + 1 + surrogates(prefix)}::int) as path, entry
      from ${entriesOf(manifestId)} where starts_with(entry->>'path', ${prefix})
    ), held as (
      select split_part(path, '/', 1) as name,
        coalesce(max(entry->>'kind') filter (where strpos(path, '/') = 0), 'folder') as kind,
        max((entry->>'mode')::int) filter (where strpos(path, '/') = 0) as mode,
        max(entry->>'target') filter (where strpos(path, '/') = 0) as target,
        coalesce(sum((entry->>'sizeBytes')::bigint), 0)::float8 as "sizeBytes",
        (count(*) filter (where entry->>'kind' = 'file'))::int as "filesCount"
      from below group by split_part(path, '/', 1)
    )
    select * from held ${isAfter} order by kind <> 'folder', name collate "C" limit ${limit}`);
  return rows;
}

/** JavaScript counts some characters twice that PostgreSQL counts once. */
function surrogates(text: string): number {
  return [...text].length - text.length;
}

/** Returns the manifest's entry of a path; undefined: it has none. */
export async function findEntry(db: Db | Tx, manifestId: string, path: string): Promise<unknown> {
  const { rows } = await db.execute<{ entry: unknown }>(
    sql`select entry from ${entriesOf(manifestId)} where entry->>'path' = ${path} limit 1`,
  );
  return rows[0]?.entry;
}

/** Returns all entries below a folder, in the manifest's order: each folder before what it holds. */
export async function readEntriesBelow(db: Db | Tx, manifestId: string, path: string): Promise<unknown[]> {
  const { rows } = await db.execute<{ entry: unknown }>(
    sql`select entry from ${entriesOf(manifestId)} where starts_with(entry->>'path', ${`${path}/`})`,
  );
  return rows.map(({ entry }) => entry);
}

function entriesOf(manifestId: string): SQL {
  return sql`(select jsonb_array_elements(manifest->'entries') as entry
    from agentrun_archive_manifests where id = ${manifestId}) listed`;
}
