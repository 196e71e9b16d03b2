import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { findRollouts, type VolumeLayout } from "@/volume";

const LOST_THREADS_FILE = "lost-threads.json";
const LostThreads = z.array(z.string());
const LAST_THREAD_FILE = "last-thread.json";
const LastThread = z.object({ threadId: z.string().nullable() });

/**
 * Returns the thread that a new attempt opens. A thread whose rollout is gone or unreadable fails one run, with a
 * message that says what can be done (`markThreadLost`). The next run starts a new thread, unless a restore has brought
 * the rollout back.
 */
export async function chooseThread(
  layout: VolumeLayout,
  threadId: string | null,
): Promise<{ threadId: string | null; isReplaced: boolean }> {
  const hasRollout = async (id: string) => (await findRollouts(layout.rolloutsDir, id)).length > 0;
  if (threadId !== null && (await hasRollout(threadId))) return { threadId, isReplaced: false };
  const isKnownLost =
    threadId !== null && (await readRecord(layout, LOST_THREADS_FILE, LostThreads, [])).includes(threadId);
  if (threadId !== null && !isKnownLost) return { threadId, isReplaced: false };
  // The server learns of a thread at the end of its first turn. Only the volume knows of a thread that was cut off
  // before.
  const { threadId: last } = await readRecord(layout, LAST_THREAD_FILE, LastThread, { threadId: null });
  if (last !== null && last !== threadId && (await hasRollout(last))) return { threadId: last, isReplaced: false };
  return { threadId: null, isReplaced: isKnownLost };
}

/** Notes on the volume which thread its last turn belongs to. */
export async function saveLastThread(layout: VolumeLayout, threadId: string): Promise<void> {
  await writeFile(path.join(layout.stateDir, LAST_THREAD_FILE), JSON.stringify({ threadId }));
}

/** Renames what is left of the thread's rollout to a name that codex does not look for. Returns the new paths. */
export async function markThreadLost(layout: VolumeLayout, threadId: string): Promise<string[]> {
  const movedFiles: string[] = [];
  for (const file of await findRollouts(layout.rolloutsDir, threadId)) {
    const from = path.join(layout.rolloutsDir, file);
    await rename(from, `${from}.damaged`);
    movedFiles.push(path.relative(layout.dir, `${from}.damaged`));
  }
  const lost = await readRecord(layout, LOST_THREADS_FILE, LostThreads, []);
  if (!lost.includes(threadId))
    await writeFile(path.join(layout.stateDir, LOST_THREADS_FILE), JSON.stringify([...lost, threadId]));
  return movedFiles;
}

/**
 * The next turn's archive replaces the one that still holds the conversation, and a restore fills only a new volume.
 */
export function lostThreadMessage(threadId: string, error: Error, movedFiles: string[]): string {
  const problem =
    movedFiles.length === 0
      ? `is gone: codex finds no rollout of thread ${threadId} on the volume`
      : `cannot be read (${error.message}): what there is of it was put aside as ${movedFiles.join(", ")} on the volume`;
  return `The conversation of this session ${problem}. Send the message again to go on in a new thread that knows nothing of it. Or have it back as it was last archived: before you send anything, delete the session's storage, then restore it; files changed since that archive are lost.`;
}

/** A note whose writing was interrupted counts as absent. */
async function readRecord<T>(layout: VolumeLayout, name: string, schema: z.ZodType<T>, fallback: T): Promise<T> {
  const text = await readFile(path.join(layout.stateDir, name), "utf8").catch(() => "");
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return fallback;
  }
}
