import { and, eq, gt, sql } from "drizzle-orm";
import type { MarkSessionReadInput, ReadMark } from "@/contract/session";
import { sessionReadCursors } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { iso } from "@/server/stored";
import { requireSession } from "./session";

/** Stores the version that a reader has seen, by default the current one. The stored version never goes back. */
export function markSessionRead(ctx: ServiceContext, input: MarkSessionReadInput): Promise<ReadMark> {
  return inTx(ctx, async (ctx) => {
    const session = await requireSession(ctx, input.sessionId);
    const version = input.version ?? session.version;
    if (version > session.version) {
      throw new ConflictError(
        "version-conflict",
        `session ${session.sessionId} is at version ${session.version}: nobody has read ${version}`,
      );
    }
    const [mark] = await ctx.db
      .insert(sessionReadCursors)
      .values({ sessionId: session.sessionId, readerId: input.readerId, sessionVersion: version })
      .onConflictDoUpdate({
        target: [sessionReadCursors.sessionId, sessionReadCursors.readerId],
        set: {
          sessionVersion: sql`greatest(${sessionReadCursors.sessionVersion}, excluded.session_version)`,
          readAt: sql`clock_timestamp()`,
        },
      })
      .returning();
    if (!mark) throw new Error(`the read mark of session ${session.sessionId} was not stored`);
    return { ...mark, readAt: iso(mark.readAt) };
  });
}

/** Sets a reader's mark back to an earlier version, or to nothing read; false: the mark is not beyond that version. */
export function markSessionUnread(
  ctx: ServiceContext,
  { sessionId, readerId, version }: { sessionId: string; readerId: string; version: number },
): Promise<boolean> {
  return inTx(ctx, async (ctx) => {
    await requireSession(ctx, sessionId);
    const marks = await ctx.db
      .update(sessionReadCursors)
      .set({ sessionVersion: version, readAt: sql`clock_timestamp()` })
      .where(
        and(
          eq(sessionReadCursors.sessionId, sessionId),
          eq(sessionReadCursors.readerId, readerId),
          gt(sessionReadCursors.sessionVersion, version),
        ),
      )
      .returning({ sessionId: sessionReadCursors.sessionId });
    return marks.length > 0;
  });
}
