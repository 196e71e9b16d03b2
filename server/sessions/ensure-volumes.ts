import { setImmediate } from "node:timers/promises";
import { recordVolumes } from "@/db/queries/storage/record-volumes";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import type { VolumeStatus } from "@/server/volumes/volumes";
import { withdrawVolume } from "./withdraw-volume";

/** The columns of a session in state `creating` that making its volume needs. */
export type VolumelessSession = Pick<SessionRow, "sessionId" | "tenantId" | "projectId" | "storageRequestedBytes">;
type MadeVolume = { session: VolumelessSession; volume: VolumeStatus };

/**
 * Like `ensureVolume`, for many sessions. Each is recorded as soon as its volume exists; those that are ready at the
 * same time share a statement. A failure leaves the other sessions alone and is reported to `onFailure`.
 */
export async function ensureVolumes(
  ctx: ServiceContext,
  sessions: VolumelessSession[],
  onFailure: (error: unknown, sessionId: string) => void,
): Promise<void> {
  const ready: MadeVolume[] = [];
  let recording: Promise<void> | null = null;
  async function recordReady(): Promise<void> {
    await setImmediate();
    recording = null;
    await record(ctx, ready.splice(0));
  }
  async function ensureOne(session: VolumelessSession): Promise<void> {
    const { sessionId, tenantId, projectId, storageRequestedBytes: sizeBytes } = session;
    const volume = await ctx.volumes.ensure({ sessionId, tenantId, projectId, sizeBytes });
    ready.push({ session, volume });
    recording ??= recordReady();
    await recording;
  }
  await Promise.all(
    sessions.map((session) => ensureOne(session).catch((error: unknown) => onFailure(error, session.sessionId))),
  );
}

async function record(ctx: ServiceContext, made: MadeVolume[]): Promise<void> {
  const recorded = await recordVolumes(
    ctx.db,
    made.map(({ session, volume: { name, namespace, phase } }) => {
      return { sessionId: session.sessionId, name, namespace, phase };
    }),
  );
  ctx.wake("sessions");
  // Others recorded these volumes, or the sessions were evicted meanwhile.
  for (const { session, volume } of made)
    if (!recorded.has(session.sessionId)) await withdrawVolume(ctx, session, volume);
}
