import type { VolumeSizes } from "@/contract/storage";
import { readVolumeSizes } from "@/db/queries/storage/read-volume-sizes";
import { type ServiceContext, tenantOf } from "@/server/context";
import { requireSession } from "@/server/sessions";

/** Returns how a session's volume grew and shrank since the session was created. */
export async function listSizes(ctx: ServiceContext, { sessionId }: { sessionId: string }): Promise<VolumeSizes> {
  await requireSession(ctx, sessionId);
  const rows = await readVolumeSizes(ctx.db, { sessionId, tenantId: tenantOf(ctx) });
  return {
    items: rows.map(({ atMs, sizeBytes, filesCount }) => ({
      at: new Date(atMs).toISOString(),
      sizeBytes,
      filesCount,
    })),
    measured: rows[0]?.measured ?? 0,
  };
}
