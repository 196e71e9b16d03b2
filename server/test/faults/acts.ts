import type { ServiceContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { claimRun, createRun } from "@/server/runs";
import { updateSession } from "@/server/sessions";
import { pinStorage, prepareVolume, repairStorage, restoreStorage, unpinStorage } from "@/server/storage";
import { collectOne } from "@/server/storage/collect-one";
import { inTenant } from "./context";
import { PROFILE, type Subject } from "./subjects";

export type Act = "collect" | "repair" | "run" | "extend" | "pin" | "unpin" | "restore";
export type Claimed = { runId: string; leaseEpoch: number };
export type Answer = { value: unknown } | { refused: { failureKind: string; message: string } };

const HOUR_MS = 3_600_000;

/** What anybody may do to a session at any time, in any process. */
export const ACTS: Record<Act, (ctx: ServiceContext, subject: Subject) => Promise<unknown>> = {
  collect: (ctx, { sessionId }) => collectOne(ctx, sessionId),
  repair: (ctx) => repairStorage(ctx),
  restore: (ctx, { sessionId }) => restoreStorage(ctx, { sessionId }),
  extend: (ctx, { sessionId }) =>
    updateSession(ctx, { sessionId, expiresAt: new Date(Date.now() + HOUR_MS).toISOString() }),
  run: startRun,
  pin: (ctx, { sessionId }) => pinStorage(ctx, { sessionId }),
  unpin: (ctx, { sessionId }) => unpinStorage(ctx, { sessionId }),
};

/** Does an act in its subject's tenant, and returns the answer. A refusal is an answer; any other error is thrown. */
export async function answer(ctx: ServiceContext, act: Act, subject: Subject): Promise<Answer> {
  try {
    return { value: await ACTS[act](inTenant(ctx, subject.tenantId), subject) };
  } catch (error) {
    if (!isAgentRunError(error)) throw error;
    return { refused: { failureKind: error.failureKind, message: error.message } };
  }
}

/** Makes a run and claims it as its runner does. As in the launcher, the volume is ensured first. */
async function startRun(ctx: ServiceContext, { sessionId }: Subject): Promise<Claimed> {
  const run = await createRun(ctx, { ...PROFILE, sessionRef: { sessionId } });
  await prepareVolume(ctx, sessionId);
  const { leaseEpoch } = await claimRun(ctx, { runId: run.id, runnerId: `runner of ${run.id}` });
  return { runId: run.id, leaseEpoch };
}
