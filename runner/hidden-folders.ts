import { access, constants, mkdir, stat } from "node:fs/promises";
import type { Hidden } from "./isolation";

/**
 * Returns the folders that no agent on this machine may see: the tokens from its person's `agentrun login`, with which
 * it could answer its own approvals; and the data folder, except for what the attempt works with.
 */
export async function hiddenFolders(
  {
    dataDir,
    loginsDir,
    scratchDir,
  }: { dataDir?: string | undefined; loginsDir?: string | undefined; scratchDir: string },
  places: string[],
): Promise<Hidden[]> {
  if (dataDir === undefined) return [];
  const keep = [scratchDir, ...places];
  const data = { dir: dataDir, keep };
  if (loginsDir === undefined) return [data];
  // A missing folder cannot be covered, and somebody may log in while the agent runs. Where it cannot be created here,
  // nobody can create it.
  await mkdir(loginsDir, { recursive: true, mode: 0o700 }).catch(() => undefined);
  // A folder that this person may not enter hides nothing from their agents, and could not be covered.
  return (await canEnter(loginsDir)) ? [{ dir: loginsDir, keep: [dataDir, ...keep] }, data] : [data];
}

async function canEnter(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.R_OK | constants.X_OK);
    return (await stat(dir)).isDirectory();
  } catch {
    return false;
  }
}
