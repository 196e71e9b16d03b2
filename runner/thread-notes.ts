import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { findRollouts, type VolumeLayout } from "@/volume";

const LostThreads = z.array(z.string());

/**
 * Which thread a new attempt opens. A thread whose rollout is gone fails one run, with a message that says what can be
 * done (`noteLostThread`); the next run starts a new thread, unless the rollout has come back by a restore.
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

export async function noteLostThread(layout: VolumeLayout, threadId: string): Promise<void> {
  const lost = await readLost(layout);
  if (!lost.includes(threadId)) await writeFile(notesFile(layout), JSON.stringify([...lost, threadId]));
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
