import { access, constants, mkdir, stat } from "node:fs/promises";
import type { HiddenFolder } from "./isolation";

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
  visibleFolders: string[],
): Promise<HiddenFolder[]> {
  if (dataDir === undefined) return [];
  const except = [scratchDir, ...visibleFolders];
  const data = { dir: dataDir, except };
  if (loginsDir === undefined) return [data];
  // A missing folder cannot be covered, and somebody may log in while the agent runs. Where it cannot be created here,
  // nobody can create it.
  await mkdir(loginsDir, { recursive: true, mode: 0o700 }).catch(() => undefined);
  // A folder that this person may not enter hides nothing from their agents, and could not be covered.
  return (await canEnter(loginsDir)) ? [{ dir: loginsDir, except: [dataDir, ...except] }, data] : [data];
}

async function canEnter(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.R_OK | constants.X_OK);
    return (await stat(dir)).isDirectory();
  } catch {
    return false;
  }
}
