import { constants } from "node:fs";
import { lstat, open, realpath, writeFile } from "node:fs/promises";
import path from "node:path";

/** As much as codex itself reads of a project's instructions. */
const INSTRUCTIONS_BYTES_MAX = 32 * 1024;

/**
 * Writes the workspace's AGENTS.md files into codex's own instructions: codex does not read them in a folder that it
 * does not trust, and no workspace is trusted. Collects them from the repository's root down to the folder, as codex
 * would.
 */
export async function writeInstructions(codexHome: string, cwd: string): Promise<void> {
  let bytesLeft = INSTRUCTIONS_BYTES_MAX;
  const texts: string[] = [];
  for (const folder of await instructionFolders(cwd)) {
    const file = path.join(folder, "AGENTS.md");
    const text = await readPlainFile(file, bytesLeft, folder);
    if (text === "") continue;
    bytesLeft -= Buffer.byteLength(text);
    texts.push(`# AGENTS.md instructions for ${folder}\n\n${text}`);
  }
  if (texts.length > 0) await writeFile(path.join(codexHome, "AGENTS.md"), texts.join("\n\n"), { mode: 0o600 });
}

async function instructionFolders(cwd: string): Promise<string[]> {
  const chain = [cwd];
  for (let folder = cwd; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    if (chain[0] !== folder) chain.unshift(folder);
    const hasRepository = await lstat(path.join(folder, ".git")).then(
      () => true,
      () => false,
    );
    if (hasRepository) return chain;
  }
  return [cwd];
}

/**
 * Returns the file's text, or nothing when it is a link, is reached through one, or is not a file: a link could reveal
 * what the agent may not read.
 */
async function readPlainFile(file: string, bytesMax: number, folder: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (!handle) return "";
  try {
    if (!(await handle.stat()).isFile() || (await realpath(folder)) !== folder) return "";
    const buffer = Buffer.alloc(Math.max(0, bytesMax));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead).toString("utf8").trim();
  } finally {
    await handle.close();
  }
}
