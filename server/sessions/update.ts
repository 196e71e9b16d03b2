import { eq } from "drizzle-orm";
import type { SessionSummary, UpdateSessionInput } from "@/contract/session";
import { sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockOwnSession, toSummary } from "./session";

/**
 * Changes the fields that a person may change. A new expiry takes the session out of a collection not yet at
 * `deleting`.
 */
export function updateSession(ctx: ServiceContext, input: UpdateSessionInput): Promise<SessionSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    const { sessionId: _sessionId, expiresAt, ...fields } = input;
    const isExtended = expiresAt !== undefined && session.storageState === "archiving";
    const changes = {
      ...fields,
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
      ...(isExtended ? { storageState: "live" as const } : {}),
    };
    if (Object.keys(changes).length === 0) return toSummary(session, null);
    const [updated] = await ctx.db
      .update(sessions)
      .set(changes)
      .where(eq(sessions.sessionId, session.sessionId))
      .returning();
    await auditSession(ctx, session, "sessions.update", { fields: Object.keys(changes) });
    ctx.wake("sessions");
    return toSummary(updated ?? session, null);
  });
}
