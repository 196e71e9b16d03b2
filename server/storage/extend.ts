import { eq, sql } from "drizzle-orm";
import type { ExtendStorageInput, StorageSummary } from "@/contract/storage";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, InvalidInputError } from "@/server/errors";
import { lockOwnSession } from "@/server/sessions";
import { iso } from "@/server/stored";
import { returnToLive } from "./collect-one";
import { expiryOf } from "./expiry";
import { summarize } from "./summary";

/** The last year that an instant may have in the contract. */
const YEAR_MAX = 9_999;

/**
 * Moves a session's expiry to a later time, never to an earlier one, and takes the session out of a collection under
 * way.
 */
export function extendStorage(ctx: ServiceContext, input: ExtendStorageInput): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    const expiresAt = await laterExpiry(ctx, session, input);
    if (expiresAt?.getTime() !== session.expiresAt?.getTime()) {
      await ctx.db.update(sessions).set({ expiresAt }).where(eq(sessions.sessionId, session.sessionId));
      await auditSession(ctx, session, "storage.extend", { from: iso(session.expiresAt), to: iso(expiresAt) });
      ctx.wake("sessions");
    }
    await returnToLive(ctx, session.sessionId);
    return summarize(ctx, await lockOwnSession(ctx, input.sessionId));
  });
}

async function laterExpiry(ctx: TxContext, session: SessionRow, input: ExtendStorageInput): Promise<Date | null> {
  const current = expiryOf(ctx, session);
  if (input.expiresAt === null) {
    const wouldShorten = session.expiresAt !== null && ctx.settings.storage.idleTtlMs !== null;
    if (wouldShorten) throw wouldShortenError(session, "and without an expiry it would go once it is idle: pin it");
    return null;
  }
  if (current === null) throw wouldShortenError(session, "it never expires");
  if (input.expiresAt === undefined) return extendBy(ctx, current, input.byMs ?? 0);
  const requested = new Date(input.expiresAt);
  if (requested < current) throw wouldShortenError(session, `it expires at ${iso(current)}`);
  return requested;
}

async function extendBy(ctx: TxContext, current: Date, byMs: number): Promise<Date> {
  const { rows } = await ctx.db.execute<{ now: Date }>(sql`select clock_timestamp() as now`);
  const expiresAt = new Date(Math.max(current.getTime(), new Date(rows[0]?.now ?? 0).getTime()) + byMs);
  if (expiresAt.getUTCFullYear() > YEAR_MAX)
    throw new InvalidInputError(`byMs: that is later than the year ${YEAR_MAX}: say expiresAt null`);
  return expiresAt;
}

function wouldShortenError(session: SessionRow, why: string): ConflictError {
  return new ConflictError(
    "would-shorten",
    `session ${session.sessionId} is kept for longer already, ${why}: to shorten that, update the session`,
    { expiresAt: iso(session.expiresAt) },
  );
}
