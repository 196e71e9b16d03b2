import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { eq } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { storeManifest, storeSegment } from "@/server/manifests";
import { createSession } from "@/server/sessions";
import { NOTE } from "@/server/storage/test/volume";
import { emptyCache, packVolume, volumeLayout } from "@/volume";
import type { FaultSetup } from "./context";

/** A session in a tenant of its own, so that sweeps for it see no other. */
export type Subject = { sessionId: string; tenantId: string };

export const PROFILE = { backendProfile: "codex" };

export function makeMarker({ sessionId }: Subject): string {
  return `the only copy of ${sessionId}`;
}

/** Makes a session with a claim, and an archive that holds its only turn. */
export async function makeUsed(setup: FaultSetup, ctx: ServiceContext, subject: Subject): Promise<void> {
  const { sessionId } = subject;
  await createSession(ctx, { ...PROFILE, sessionId });
  // What a pod would have mounted.
  const mount = path.join(setup.dataDir, "mounts", ctx.volumes.nameFor(sessionId));
  const commandId = await takeTurn(ctx, subject, mount);
  const packed = await packVolume(volumeLayout(mount, "sessions"), emptyCache(), async ({ digest, bytes }) => {
    await storeSegment(ctx, { sessionId, sha256: digest, bytes });
  });
  await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (!session) throw new Error(`there is no session ${sessionId}`);
    await storeManifest(ctx, session, {
      format: 1,
      sessionId,
      runId: `run of ${commandId}`,
      attemptId: "attempt",
      leaseEpoch: 1,
      threadId: null,
      turnId: null,
      createdAt: new Date().toISOString(),
      rolloutSubdir: "sessions",
      ...packed,
    });
  });
}

/** Leaves what a turn leaves: a note on the volume, and in the row that the volume is used. */
export async function takeTurn(ctx: ServiceContext, subject: Subject, folder: string): Promise<string> {
  const volumeCommandId = `cmd_${subject.sessionId}`;
  await mkdir(path.join(folder, path.dirname(NOTE)), { recursive: true });
  await writeFile(path.join(folder, NOTE), makeMarker(subject));
  await ctx.db.update(sessions).set({ volumeCommandId }).where(eq(sessions.sessionId, subject.sessionId));
  return volumeCommandId;
}
