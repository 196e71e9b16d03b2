import { eq } from "drizzle-orm";
import type { SessionSummary, UpdateSessionInput } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import { sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { toSummary } from "./session";

/** Changes what a person may change. A later expiry takes the session out of a collection not yet at `deleting`. */
export function updateSession(ctx: ServiceContext, input: UpdateSessionInput): Promise<SessionSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, input.sessionId, tenantOf(ctx));
    if (!session) throw new NotFoundError("session", input.sessionId);
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
    await audit(ctx, {
      action: "sessions.update",
      targetKind: "session",
      targetId: session.sessionId,
      tenantId: session.tenantId,
      details: { fields: Object.keys(changes) },
    });
    ctx.wake("sessions");
    return toSummary(updated ?? session, null);
  });
}
