import { chmod, lstat, mkdir } from "node:fs/promises";
import path from "node:path";

/** Where a session's state lies on its volume. */
export interface VolumeLayout {
  dir: string;
  /** codex's rollouts; the name is the session's codexRolloutSubdir. */
  rolloutsDir: string;
  locksDir: string;
  workspaceDir: string;
  /** AgentRun's own files: manifest, epoch file, notes. */
  stateDir: string;
  epochFile: string;
}

export function volumeLayout(dir: string, rolloutSubdir: string): VolumeLayout {
  if (
    !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(rolloutSubdir) ||
    ["workspace", "thread-writer-locks"].includes(rolloutSubdir)
  ) {
    throw new VolumeError(`${JSON.stringify(rolloutSubdir)} cannot name a folder of rollouts`);
  }
  const stateDir = path.join(dir, ".agentrun");
  return {
    dir,
    rolloutsDir: path.join(dir, rolloutSubdir),
    locksDir: path.join(dir, "thread-writer-locks"),
    workspaceDir: path.join(dir, "workspace"),
    stateDir,
    epochFile: path.join(stateDir, "epoch.json"),
  };
}

/** Creates missing folders. Refuses a volume where one of them is a link or a file. */
export async function ensureVolume(layout: VolumeLayout): Promise<void> {
  await mkdir(layout.dir, { recursive: true, mode: 0o700 });
  for (const dir of [layout.rolloutsDir, layout.locksDir, layout.workspaceDir, layout.stateDir]) {
    await mkdir(dir, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const stat = await lstat(dir);
    // An agent without a sandbox could have put a link here, to redirect these writes elsewhere.
    if (!stat.isDirectory()) throw new VolumeError(`${dir} is not a folder: move it away to use this volume`);
    if ((stat.mode & 0o700) !== 0o700) await chmod(dir, 0o700);
  }
}

/** The volume does not have the form of a session's volume. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}
