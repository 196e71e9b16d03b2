import { and, eq } from "drizzle-orm";
import type { CreateRunInput, Run } from "@/contract/run";
import { readLease } from "@/db/queries/lock";
import { type RunRow, runs, type SessionRow, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { assertEnabled, requireProfile } from "@/server/backends";
import { inTx, ownerOf, type ServiceContext, type TxContext } from "@/server/context";
import { IdempotencyConflictError } from "@/server/errors";
import { appendServerEvents, statusEvent } from "@/server/events";
import { newId } from "@/server/ids";
import { ensureVolume, resolveSession, sessionRefOf } from "@/server/sessions";
import { contentHash, isContentOf } from "./content";
import { toRun } from "./run";
import { checkWorkspace } from "./workspace";

/**
 * Creates a run, and its session if the run names one that does not exist. The same idempotency key with the same
 * content returns the first run.
 */
export async function createRun(ctx: ServiceContext, input: CreateRunInput): Promise<Run> {
  const { run, newSession } = await inTx(ctx, (ctx) => insertRun(ctx, input));
  if (newSession) await ensureVolume(ctx, newSession);
  return run;
}

async function insertRun(ctx: TxContext, input: CreateRunInput): Promise<{ run: Run; newSession: SessionRow | null }> {
  const owner = ownerOf(ctx, input);
  const { idempotencyKey } = input;
  if (idempotencyKey !== undefined) {
    const existing = await findByKey(ctx, owner, idempotencyKey);
    if (existing) return { run: await replay(ctx, existing, input), newSession: null };
  }
  if (input.workspaceRef) await checkWorkspace(ctx, input.workspaceRef);
  await requireProfile(ctx, input.backendProfile);
  await assertEnabled(ctx, input.backendProfile);
  const { session, isNew } = await resolveSession(ctx, owner, input);
  const [run] = await ctx.db
    .insert(runs)
    .values({
      id: newId("run"),
      ...owner,
      providerId: input.providerId ?? "default",
      backendProfile: input.backendProfile,
      workspaceRef: input.workspaceRef ?? { kind: "empty" },
      executionPolicy: input.executionPolicy ?? {},
      resourceBundleRef: input.resourceBundleRef ?? null,
      traceSink: input.traceSink ?? null,
      sessionRef: session === null ? null : sessionRefOf(session, input.sessionRef?.metadata),
      sessionId: session?.sessionId ?? null,
      status: "pending",
      idempotencyKey: idempotencyKey ?? null,
      payloadHash: contentHash(input),
    })
    .onConflictDoNothing()
    .returning();
  if (!run) {
    // Somebody stored the same key between the read and the insert. Their row is committed, or the insert would still
    // wait.
    const winner = idempotencyKey === undefined ? undefined : await findByKey(ctx, owner, idempotencyKey);
    if (!winner || idempotencyKey === undefined) throw new Error("a run's insert met a conflict without a key");
    return { run: await replay(ctx, winner, input), newSession: null };
  }
  await appendServerEvents(ctx, run, [
    statusEvent("run-created", {
      backendProfile: run.backendProfile,
      sessionRef: run.sessionRef,
      resourceBundleRef: run.resourceBundleRef,
    }),
  ]);
  if (session) await linkSession(ctx, session, run.id);
  await audit(ctx, { action: "runs.create", targetKind: "run", targetId: run.id, tenantId: run.tenantId });
  ctx.wake("runs");
  return { run: toRun(run, null), newSession: isNew ? session : null };
}

/** A new run takes its session out of a collection that has not reached `deleting`. */
async function linkSession(ctx: TxContext, session: SessionRow, runId: string): Promise<void> {
  const storageChange = session.storageState === "archiving" ? { storageState: "live" as const } : {};
  await ctx.db
    .update(sessions)
    .set({ lastRunId: runId, ...storageChange })
    .where(eq(sessions.sessionId, session.sessionId));
  ctx.wake("sessions");
}

async function findByKey(
  ctx: TxContext,
  owner: { tenantId: string; projectId: string },
  key: string,
): Promise<RunRow | undefined> {
  const [found] = await ctx.db
    .select()
    .from(runs)
    .where(and(eq(runs.tenantId, owner.tenantId), eq(runs.projectId, owner.projectId), eq(runs.idempotencyKey, key)));
  return found;
}

async function replay(ctx: TxContext, run: RunRow, input: CreateRunInput): Promise<Run> {
  if (!isContentOf(run.payloadHash, input)) throw new IdempotencyConflictError(run.idempotencyKey ?? run.id);
  return toRun(run, (await readLease(ctx.db, run.id))?.leaseExpiresAt ?? null);
}
