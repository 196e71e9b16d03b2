import { and, eq } from "drizzle-orm";
import { lockRun } from "@/db/queries/lock";
import { type RunRow, runs, type SessionRow, sessions } from "@/db/schema";
import { boundRunId, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { assertHolds, assertRunVisible } from "@/server/runs";

/**
 * Locks the run's session for its lease holder (or for an operator). Throws for a run without a session, which has no
 * archive.
 */
export async function lockHeldSession(
  ctx: TxContext,
  input: { runId: string; leaseEpoch?: number | undefined },
): Promise<{ run: RunRow; session: SessionRow }> {
  assertRunVisible(ctx, input.runId);
  const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
  if (!locked) throw new NotFoundError("run", input.runId);
  const { run, session } = locked;
  assertHolds(ctx, run, input.leaseEpoch);
  if (!session) throw new InvalidInputError(`run ${run.id} has no session: nothing of it is kept`);
  return { run, session };
}

/** The same without a lock, for reading or adding segments. The manifest that will use them is checked again. */
export async function readHeldSession(
  ctx: ServiceContext,
  input: { runId?: string | undefined; leaseEpoch?: number | undefined },
): Promise<string> {
  if (ctx.actor.kind === "archiver") return (await requireReadableSession(ctx, ctx.actor.sessionId)).sessionId;
  if (input.runId === undefined) throw new InvalidInputError("runId: say whose segment it is");
  assertRunVisible(ctx, input.runId);
  const tenantId = tenantOf(ctx);
  const [run] = await ctx.db
    .select()
    .from(runs)
    .where(and(eq(runs.id, input.runId), tenantId === null ? undefined : eq(runs.tenantId, tenantId)));
  if (!run) throw new NotFoundError("run", input.runId);
  assertHolds(ctx, run, input.leaseEpoch);
  if (run.sessionId === null) throw new InvalidInputError(`run ${run.id} has no session: nothing of it is kept`);
  return run.sessionId;
}

/**
 * Returns a session whose archive the caller may use: a runner or archiver its own, an operator any of its tenant's.
 */
export async function requireReadableSession(ctx: ServiceContext, sessionId: string): Promise<SessionRow> {
  const tenantId = tenantOf(ctx);
  const [session] = await ctx.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.sessionId, sessionId), tenantId === null ? undefined : eq(sessions.tenantId, tenantId)));
  const runId = boundRunId(ctx.actor);
  const isOther = ctx.actor.kind === "archiver" && ctx.actor.sessionId !== sessionId;
  if (!session || session.deletedAt !== null || isOther) throw new NotFoundError("session", sessionId);
  if (runId === null) return session;
  const [own] = await ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.id, runId), eq(runs.sessionId, sessionId)));
  if (!own) throw new NotFoundError("session", sessionId);
  return session;
}
