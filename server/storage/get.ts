import type { StorageSummary } from "@/contract/storage";
import type { ServiceContext } from "@/server/context";
import { requireSession } from "@/server/sessions";
import { toStorageSummary } from "./summary";

export async function getStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  return toStorageSummary(await requireSession(ctx, input.sessionId));
}
