import { eq, sql } from "drizzle-orm";
import type { RunWithSession } from "@/db/queries/lock";
import { runs, sessions } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { appendServerEvents, statusEvent } from "@/server/events";
import { updateQuietly } from "./update-quietly";

/** Adopted rows may hold JSON null, which `||` would turn into a list. */
const metadataObject = sql`case when jsonb_typeof(${sessions.metadata}) = 'object' then ${sessions.metadata} else '{}'::jsonb end`;

/**
 * Stores the backend's thread and turn where the next attempt looks for them: on the session, and in the run's own
 * reference. Updates the given rows.
 */
export async function storeThread(
  ctx: TxContext,
  { run, session }: RunWithSession,
  { threadId, turnId }: { threadId?: string | undefined; turnId?: string | undefined },
): Promise<void> {
  if (threadId === undefined && turnId === undefined) return;
  if (run.sessionRef) {
    const metadata = { ...asRecord(run.sessionRef.metadata), ...(turnId === undefined ? {} : { lastTurnId: turnId }) };
    const sessionRef = { ...run.sessionRef, ...(threadId === undefined ? {} : { threadId }), metadata };
    await ctx.db.update(runs).set({ sessionRef }).where(eq(runs.id, run.id));
    run.sessionRef = sessionRef;
  }
  if (!session) return;
  await updateQuietly(ctx, session.sessionId, {
    ...(threadId === undefined ? {} : { threadId }),
    ...(turnId === undefined
      ? {}
      : { metadata: sql`${metadataObject} || jsonb_build_object('lastTurnId', ${turnId}::text)` }),
  });
  session.threadId = threadId ?? session.threadId;
  await appendServerEvents(ctx, run, [
    statusEvent("session-updated", { sessionRef: run.sessionRef, turnId: turnId ?? null }),
  ]);
  ctx.wake("sessions");
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
