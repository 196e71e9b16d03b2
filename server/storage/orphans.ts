import { inArray, or } from "drizzle-orm";
import type { OrphanList } from "@/contract/storage";
import { type SessionRow, sessions } from "@/db/schema";
import { assertEveryTenant, type ServiceContext } from "@/server/context";
import type { FoundVolume } from "@/server/volumes/volumes";

const LISTED_MAX = 200;
/** How many volumes one list looks at, because a person waits for it. */
const SCANNED_MAX = 20_000;

type Row = Pick<SessionRow, "sessionId" | "storagePvcName" | "storageState">;

/**
 * Lists AgentRun's volumes that no session uses, as their provider lists them now. They are shown and never collected:
 * a volume that an older copy of the database does not know may be all that somebody has.
 */
export async function listOrphans(ctx: ServiceContext): Promise<OrphanList> {
  // A volume that no session names belongs to no tenant.
  assertEveryTenant(ctx);
  const list: OrphanList = { items: [], hasMore: false, provider: ctx.volumes.provider };
  let scanned = 0;
  for await (const volumes of ctx.volumes.list()) {
    const rows = await readRows(ctx, volumes);
    for (const volume of volumes) {
      const reason = orphanReason(volume, rows);
      if (reason !== null) list.items.push(toOrphan(volume, reason));
    }
    scanned += volumes.length;
    list.hasMore = list.items.length > LISTED_MAX || scanned >= SCANNED_MAX;
    if (list.hasMore) break;
  }
  list.items.splice(LISTED_MAX);
  return list;
}

async function readRows(ctx: ServiceContext, volumes: FoundVolume[]): Promise<Row[]> {
  const names = volumes.map((volume) => volume.name);
  const owners = volumes.flatMap((volume) => (volume.owner === null ? [] : [volume.owner.sessionId]));
  if (names.length === 0) return [];
  return ctx.db
    .select({
      sessionId: sessions.sessionId,
      storagePvcName: sessions.storagePvcName,
      storageState: sessions.storageState,
    })
    .from(sessions)
    .where(or(inArray(sessions.storagePvcName, names), inArray(sessions.sessionId, owners)));
}

/** Returns why no session uses a volume; null: a session does. */
export function orphanReason(volume: FoundVolume, rows: Row[]): string | null {
  const owner = rows.find((row) => row.sessionId === volume.owner?.sessionId);
  // A row whose volume is still to be made may not name it yet.
  const naming = rows.filter((row) => (row.storagePvcName ?? (row === owner ? volume.name : null)) === volume.name);
  if (naming.some(usesVolume)) return null;
  const evicted = naming.find((row) => row.storageState === "evicted");
  if (evicted) return `session ${evicted.sessionId} was evicted, and its volume is still there`;
  if (!owner) return "no session names it";
  return usesVolume(owner)
    ? `session ${owner.sessionId} has another volume now`
    : `session ${owner.sessionId} has no volume any more`;
}

/** Whether a session uses a volume. A deleted session uses its volume until its purge has removed it. */
export function usesVolume(row: Row): boolean {
  return row.storageState !== "evicted" && row.storageState !== "none";
}

function toOrphan(volume: FoundVolume, reason: string): OrphanList["items"][number] {
  const { owner, ...status } = volume;
  return {
    ...status,
    sessionId: owner?.sessionId ?? null,
    tenantId: owner?.tenantId ?? null,
    projectId: owner?.projectId ?? null,
    reason,
  };
}
