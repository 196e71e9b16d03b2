import { randomUUID } from "node:crypto";
import { access, constants, link, mkdir, open, readdir, readFile, rm, unlink } from "node:fs/promises";
import path from "node:path";
import type { Archive } from "@/server/archive/archive";
import { segmentName, sessionPrefix } from "@/server/archive/key";

const TEMPORARY_SUFFIX = ".part";

/**
 * Creates an archive below one folder: `<hash of the session>/<sha256>`. A file there is complete or does not exist.
 */
export function createFolderArchive(root: string): Archive {
  const folderOf = (sessionId: string) => path.join(root, sessionPrefix(sessionId));
  const fileOf = (sessionId: string, sha256: string) => path.join(folderOf(sessionId), segmentName(sha256));

  const archive: Archive = {
    async check() {
      await mkdir(root, { recursive: true, mode: 0o700 });
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
    },
    async put(sessionId, sha256, bytes) {
      const file = fileOf(sessionId, sha256);
      const folder = path.dirname(file);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = `${file}.${randomUUID()}${TEMPORARY_SUFFIX}`;
      let isNew = true;
      try {
        await writeDurably(temporary, bytes);
        // A link instead of a rename: what the archive holds is never overwritten.
        await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "EEXIST") throw error;
          isNew = false;
        });
      } finally {
        await unlink(temporary).catch(ignore("ENOENT"));
      }
      await syncFolder(folder);
      return isNew;
    },
    async get(sessionId, sha256) {
      return (await readFile(fileOf(sessionId, sha256)).catch(ignore("ENOENT"))) ?? null;
    },
    async copy(fromSessionId, toSessionId, sha256) {
      const from = fileOf(fromSessionId, sha256);
      const to = fileOf(toSessionId, sha256);
      await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
      // The same bytes under a second name: removing one never affects the other, and nobody writes to them.
      const failure = await link(from, to).then(
        () => null,
        (error: NodeJS.ErrnoException) => error,
      );
      if (failure?.code === "ENOENT") return false;
      if (failure === null || failure.code === "EEXIST") {
        await syncFolder(path.dirname(to));
        return true;
      }
      // The file system has no links, or this file has too many.
      const bytes = await archive.get(fromSessionId, sha256);
      if (bytes === null) return false;
      await archive.put(toSessionId, sha256, bytes);
      return true;
    },
    async remove(sessionId, sha256) {
      await unlink(fileOf(sessionId, sha256)).catch(ignore("ENOENT"));
    },
    async removeAll(sessionId) {
      const folder = folderOf(sessionId);
      for (const name of (await readdir(folder).catch(ignore("ENOENT"))) ?? [])
        await rm(path.join(folder, name), { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
  return archive;
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
