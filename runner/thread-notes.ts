import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { findRollouts, type VolumeLayout } from "@/volume";

const LostThreads = z.array(z.string());

/**
 * Which thread a new attempt opens. A thread whose rollout is gone or unreadable fails one run, with a message that says
 * what can be done (`noteLostThread`); the next run starts a new thread, unless the rollout has come back by a restore.
 */
export async function chooseThread(
  layout: VolumeLayout,
  threadId: string | null,
): Promise<{ threadId: string | null; isReplaced: boolean }> {
  if (threadId === null) return { threadId: null, isReplaced: false };
  if ((await findRollouts(layout.rolloutsDir, threadId)).length > 0) return { threadId, isReplaced: false };
  const isKnownLost = (await readLost(layout)).includes(threadId);
  return isKnownLost ? { threadId: null, isReplaced: true } : { threadId, isReplaced: false };
}

/** Puts what there is of the thread's rollout aside, under a name that codex does not look for; answers its paths. */
export async function noteLostThread(layout: VolumeLayout, threadId: string): Promise<string[]> {
  const setAside: string[] = [];
  for (const file of await findRollouts(layout.rolloutsDir, threadId)) {
    const from = path.join(layout.rolloutsDir, file);
    await rename(from, `${from}.damaged`);
    setAside.push(path.relative(layout.dir, `${from}.damaged`));
  }
  const lost = await readLost(layout);
  if (!lost.includes(threadId)) await writeFile(notesFile(layout), JSON.stringify([...lost, threadId]));
  return setAside;
}

/** The next turn's archive replaces the one that still holds the conversation, and a restore fills only a new volume. */
export function lostThreadMessage(threadId: string, error: Error, setAside: string[]): string {
  const what =
    setAside.length === 0
      ? `is gone: codex finds no rollout of thread ${threadId} on the volume`
      : `cannot be read (${error.message}): what there is of it was put aside as ${setAside.join(", ")} on the volume`;
  return `The conversation of this session ${what}. Send the message again to go on in a new thread that knows nothing of it. Or have it back as it was last archived: before you send anything, delete the session's storage, then restore it; files changed since that archive are lost.`;
}

async function readLost(layout: VolumeLayout): Promise<string[]> {
  const text = await readFile(notesFile(layout), "utf8").catch(() => "[]");
  try {
    return LostThreads.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

function notesFile(layout: VolumeLayout): string {
  return path.join(layout.stateDir, "lost-threads.json");
}
