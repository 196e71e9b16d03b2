import { eq, sql } from "drizzle-orm";
import type { CreateRunInput } from "@/contract/run";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { assertSameBoundary } from "./boundary";
import { contentOf, rowOf } from "./content";
import { insertSession } from "./insert";

type Resolved = { session: SessionRow | null; isNew: boolean };

/** Returns the session that a new run names, locked. Creates it when none has that id. */
export async function resolveSession(
  ctx: TxContext,
  owner: { tenantId: string; projectId: string },
  input: CreateRunInput,
): Promise<Resolved> {
  const ref = input.sessionRef;
  if (!ref) return { session: null, isNew: false };
  const { sessionId, ...content } = ref;
  const row = rowOf(contentOf({ ...content, backendProfile: input.backendProfile }, owner));
  const inserted = await insertSession(ctx, { sessionId, ...row });
  if (inserted) {
    await auditSession(ctx, inserted, "sessions.create");
    return { session: inserted, isNew: true };
  }
  const session = await lockSession(ctx.db, ref.sessionId, tenantOf(ctx));
  if (!session) throw await missingSessionError(ctx, ref.sessionId);
  assertSameBoundary(session, { ...owner, backendProfile: input.backendProfile });
  const [filled] = await ctx.db
    .update(sessions)
    .set({
      conversationId: session.conversationId ?? ref.conversationId ?? null,
      threadId: session.threadId ?? ref.threadId ?? null,
    })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  return { session: filled ?? session, isNew: false };
}

/** Returns why an id is taken and its session cannot be used: it belongs to another tenant, or it is being deleted. */
export async function missingSessionError(ctx: TxContext, sessionId: string): Promise<Error> {
  const [row] = await ctx.db
    .select({ isDeleted: sql<boolean>`${sessions.deletedAt} is not null`, tenantId: sessions.tenantId })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId));
  const tenantId = tenantOf(ctx);
  if (row?.isDeleted && (tenantId === null || tenantId === row.tenantId)) {
    return new ConflictError(
      "already-exists",
      `session ${sessionId} is being deleted: use another id, or try again later`,
    );
  }
  return new NotFoundError("session", sessionId);
}
