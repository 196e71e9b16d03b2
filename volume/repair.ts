import { open, readdir } from "node:fs/promises";
import path from "node:path";

const TAIL_CHUNK_BYTES = 64 * 1024;

/** Returns every rollout below the folder as relative paths, sorted; links and special files are left out. */
export async function listRollouts(rolloutsDir: string): Promise<string[]> {
  const entries = await readdir(rolloutsDir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map((entry) => path.relative(rolloutsDir, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Returns the rollouts of one thread, whose file names codex ends with the thread's id. */
export async function findRollouts(rolloutsDir: string, threadId: string): Promise<string[]> {
  return (await listRollouts(rolloutsDir)).filter((file) => file.endsWith(`-${threadId}.jsonl`));
}

/**
 * Removes a last line that a killed writer left unfinished: one without a newline, or one that is not JSON. Returns
 * what was cut, as relative path and bytes.
 */
export async function repairRollouts(rolloutsDir: string): Promise<{ file: string; cutBytes: number }[]> {
  const repaired: { file: string; cutBytes: number }[] = [];
  for (const file of await listRollouts(rolloutsDir)) {
    const cutBytes = await repairRollout(path.join(rolloutsDir, file));
    if (cutBytes > 0) repaired.push({ file, cutBytes });
  }
  return repaired;
}

async function repairRollout(file: string): Promise<number> {
  const handle = await open(file, "r+");
  try {
    const { size } = await handle.stat();
    let end = size;
    // Cuts a torn line, and at most one more, which a power failure may have filled with zeros. The limit keeps a file
    // that is not a rollout from being emptied.
    for (let cuts = 0; cuts < 2 && end > 0; cuts++) {
      const lineStart = (await lastNewline(handle, end - 1)) + 1;
      const line = Buffer.alloc(end - lineStart);
      await handle.read(line, 0, line.length, lineStart);
      if (line.at(-1) === 10 && isJson(line)) break;
      end = lineStart;
    }
    if (end === size) return 0;
    await handle.truncate(end);
    await handle.sync();
    return size - end;
  } finally {
    await handle.close();
  }
}

/** Returns the position of the last newline before `end`; -1 when there is none. */
async function lastNewline(
  handle: { read(buffer: Buffer, offset: number, length: number, position: number): Promise<unknown> },
  end: number,
): Promise<number> {
  for (let stop = end; stop > 0; ) {
    const start = Math.max(0, stop - TAIL_CHUNK_BYTES);
    const chunk = Buffer.alloc(stop - start);
    await handle.read(chunk, 0, chunk.length, start);
    const found = chunk.lastIndexOf(10);
    if (found !== -1) return start + found;
    stop = start;
  }
  return -1;
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
