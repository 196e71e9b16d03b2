import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

type Sized = Pick<SessionRow, "storageCapacityBytes" | "storageRequestedBytes">;

/**
 * How much a volume takes: as it was when it was first measured, since what a provider gives by itself may change and a
 * volume that is there does not. null where it takes what the disk has.
 */
export function capacityOf(ctx: ServiceContext, session: Sized): number | null {
  return session.storageCapacityBytes ?? session.storageRequestedBytes ?? ctx.volumes.defaultSizeBytes;
}
