import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { ackCommand, createCommand, finishCommand } from "@/server/commands";
import type { Actor, ServiceContext } from "@/server/context";
import { commitManifest, getManifest, getSegment, missingSegments, putSegment } from "@/server/manifests";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import { refreshStorage } from "@/server/storage";
import { emptyCache, type Manifest, packVolume, restoreVolume, type Segment, volumeLayout } from "@/volume";
import { runnerOf } from "./context";

export const NOTE = "workspace/note.txt";

/** Makes a session with its volume, as a caller does. */
export async function makeStoredSession(
  ctx: ServiceContext,
  values: Partial<typeof sessions.$inferInsert> = {},
): Promise<string> {
  const { sessionId } = await createSession(ctx, { backendProfile: "codex" });
  if (Object.keys(values).length > 0)
    await ctx.db.update(sessions).set(values).where(eq(sessions.sessionId, sessionId));
  return sessionId;
}

/** An hour ago: expired, even if the clocks of database and test differ. */
export const PAST = new Date(Date.now() - 3_600_000);

export function folderOf(ctx: ServiceContext, sessionId: string): string {
  const folder = ctx.volumes.folderOf(ctx.volumes.nameFor(sessionId));
  if (folder === null) throw new Error("these volumes are folders");
  return folder;
}

export async function writeNote(ctx: ServiceContext, sessionId: string, text: string): Promise<void> {
  const file = path.join(folderOf(ctx, sessionId), NOTE);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

export async function readNote(ctx: ServiceContext, sessionId: string): Promise<string | null> {
  return readFile(path.join(folderOf(ctx, sessionId), NOTE), "utf8").catch(() => null);
}

export type HeldRun = { runId: string; leaseEpoch: number; runner: ServiceContext };

/** Claims a run of a session; returns it with its runner's context. */
export async function claimSession(ctx: ServiceContext, sessionId: string): Promise<HeldRun> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch } = await claimRun(ctx, { runId: run.id, runnerId: `runner_${run.id}` });
  const actor: Actor = runnerOf(run.id, leaseEpoch);
  return { runId: run.id, leaseEpoch, runner: { ...ctx, actor } };
}

/** Plays one turn as a runner does, up to where its archive would follow. Leaves a note on the volume. */
export async function runTurn(
  ctx: ServiceContext,
  held: HeldRun,
  turn: { sessionId: string; note: string },
): Promise<string> {
  const command = await createCommand(ctx, { runId: held.runId, type: "turn", payload: { text: turn.note } });
  await ackCommand(held.runner, { commandId: command.id, leaseEpoch: held.leaseEpoch });
  await writeNote(ctx, turn.sessionId, turn.note);
  await finishCommand(held.runner, { commandId: command.id, leaseEpoch: held.leaseEpoch, terminalStatus: "completed" });
  return command.id;
}

/** Packs a volume as a runner does. */
export async function pack(
  ctx: ServiceContext,
  held: HeldRun,
  sessionId: string,
): Promise<{ manifest: Manifest; segments: Segment[] }> {
  const segments: Segment[] = [];
  const packed = await packVolume(volumeLayout(folderOf(ctx, sessionId), "sessions"), emptyCache(), async (segment) => {
    segments.push(segment);
  });
  const { runId, leaseEpoch } = held;
  const manifest: Manifest = {
    format: 1,
    sessionId,
    runId,
    attemptId: "att_test",
    leaseEpoch,
    threadId: null,
    turnId: null,
    createdAt: new Date().toISOString(),
    rolloutSubdir: "sessions",
    ...packed,
  };
  return { manifest, segments };
}

/** Archives a volume through the runner's procedures, and reports its size. */
export async function archive(ctx: ServiceContext, held: HeldRun, sessionId: string): Promise<string> {
  const { manifest, segments } = await pack(ctx, held, sessionId);
  const { runId, leaseEpoch, runner } = held;
  const digests = segments.map((segment) => segment.digest);
  const { missing } = await missingSegments(runner, { sessionId, leaseEpoch, digests });
  for (const segment of segments.filter(({ digest }) => missing.includes(digest))) {
    await putSegment(runner, { runId, leaseEpoch, sha256: segment.digest, bytes: segment.bytes });
  }
  await refreshStorage(runner, {
    sessionId,
    leaseEpoch,
    storageSizeBytes: manifest.sizeBytes,
    storageFilesCount: manifest.filesCount,
    storageSha256: manifest.sha256,
  });
  return (await commitManifest(runner, { runId, leaseEpoch, manifest: { ...manifest } })).manifestId;
}

/** Makes a session whose only turn has ended. Its archive holds that turn unless told otherwise. */
export async function makeUsedSession(
  ctx: ServiceContext,
  options: { note: string; isArchived?: boolean },
): Promise<string> {
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: options.note });
  if (options.isArchived !== false) await archive(ctx, held, sessionId);
  await endRun(held);
  return sessionId;
}

/** Plays turns of a run, each archived before the next. */
export async function takeTurns(
  ctx: ServiceContext,
  held: HeldRun,
  turns: { sessionId: string; notes: string[] },
): Promise<void> {
  const { sessionId, notes } = turns;
  for (const note of notes) {
    await runTurn(ctx, held, { sessionId, note });
    await archive(ctx, held, sessionId);
  }
}

/** Ends a run as its runner does when the work is done. */
export async function endRun({ runner, runId, leaseEpoch }: HeldRun): Promise<void> {
  await finishRun(runner, { runId, leaseEpoch, terminalStatus: "completed" });
}

/** Restores the newest archive into a folder of its own, which verifies every digest, and returns the note. */
export async function readBack(ctx: ServiceContext, sessionId: string): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "agentrun-read-back-"));
  try {
    const { manifest, manifestId } = await getManifest(ctx, { sessionId });
    await restoreVolume({
      dir,
      manifest,
      manifestId,
      fetchSegment: (sha256) => getSegment(ctx, { sessionId, sha256 }),
      writer: { runId: "read-back", attemptId: "read-back", leaseEpoch: 0 },
    });
    return await readFile(path.join(dir, NOTE), "utf8");
  } finally {
    await rm(dir, { recursive: true });
  }
}

export async function expire(ctx: ServiceContext, sessionId: string): Promise<void> {
  await ctx.db.update(sessions).set({ expiresAt: PAST }).where(eq(sessions.sessionId, sessionId));
}
