import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

type Sized = Pick<SessionRow, "storageCapacityBytes" | "storageRequestedBytes">;

/**
 * Returns how much a volume can hold, in bytes; null: as much as the disk has. The value first measured counts, because
 * a provider's default may change while an existing volume does not.
 */
export function capacityOf(ctx: ServiceContext, session: Sized): number | null {
  return session.storageCapacityBytes ?? session.storageRequestedBytes ?? ctx.volumes.defaultSizeBytes;
}
