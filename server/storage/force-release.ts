import type { ForceReleaseStorageInput, StorageSummary } from "@/contract/storage";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { lockOwnSession } from "@/server/sessions";
import { findArchiveOrder } from "./archive-order";
import { closeTurn } from "./archiver-turn";
import { summarize } from "./summary";

/**
 * Takes a volume from an archiver whose end cannot be confirmed, when an operator asserts that it is gone. Only for an
 * archiver that is being ended: it can hand over nothing any more, and everything else ends by itself.
 */
export function forceReleaseStorage(ctx: ServiceContext, input: ForceReleaseStorageInput): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    const order = await findArchiveOrder(ctx, session.sessionId);
    if (order?.state !== "ending") {
      const why = order ? `its archiver's order is ${order.state}` : "no archiver has its volume";
      throw new ConflictError("version-conflict", `nothing of session ${session.sessionId} is to be forced: ${why}`, {
        archiveOrder: order?.state ?? null,
      });
    }
    await auditSession(ctx, session, "storage.forceRelease", {
      attemptId: order.attemptId,
      reason: redactMessage(input.reason),
    });
    await closeTurn(ctx, session, order);
    return summarize(ctx, session);
  });
}
