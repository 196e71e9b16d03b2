import type { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import type { DownloadFolderInput, FilesArchive } from "@/contract/files";
import { readEntriesBelow } from "@/db/queries/read-files";
import type { ServiceContext } from "@/server/context";
import { Entry, type SegmentReader } from "@/volume";
import { requireFilesArchive } from "./find-archive";
import { assertFolder, readParts, type StoredFile, segmentReader } from "./open";
import { baseName, sessionFileName, toVolumePath } from "./paths";
import { inSnapshot } from "./snapshot";

export type PackedFolder = { archive: FilesArchive; name: string; body: Readable };

/**
 * Packs a folder of a session's workspace, as its newest archive holds it, into a compressed tar. All of it lies in one
 * folder, which has the folder's name, or the session's for the whole workspace. Files carry the time of the archive,
 * since their own are not kept. The stream fails where a segment is damaged or gone.
 */
export async function packFolder(ctx: ServiceContext, input: DownloadFolderInput): Promise<PackedFolder> {
  const { sessionId, path } = input;
  const volumePath = toVolumePath(path);
  const { archive, entries } = await inSnapshot(ctx, async (ctx) => {
    const archive = await requireFilesArchive(ctx, sessionId);
    const entries = await readEntriesBelow(ctx.db, archive.manifestId, volumePath);
    if (entries.length === 0) await assertFolder(ctx, archive, input);
    return { archive, entries };
  });
  const name = path === "" ? sessionFileName(sessionId) : baseName(path);
  const tar = pack();
  const folder: Folder = { name, prefix: `${volumePath}/`, mtime: new Date(archive.archivedAt) };
  fill(tar, folder, { entries, segments: segmentReader(ctx, sessionId) }).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  // The caller reads the gzip stream and learns of a failure from it.
  const body = pipeline(tar, createGzip(), () => undefined);
  return { archive, name, body };
}

/** `prefix`: what the entries' paths begin with, in the place of which `name` stands in the tar. */
type Folder = { name: string; prefix: string; mtime: Date };

async function fill(
  tar: Pack,
  { name, prefix, mtime }: Folder,
  { entries, segments }: { entries: unknown[]; segments: SegmentReader },
): Promise<void> {
  const toHeader = (entry: Entry) => ({ name: `${name}/${entry.path.slice(prefix.length)}`, mtime });
  await addEmpty(tar, { name: `${name}/`, mtime, type: "directory", mode: 0o755 });
  for (const value of entries) {
    const entry = Entry.parse(value);
    const header = toHeader(entry);
    if (entry.kind === "file") await addFile(tar, { ...header, mode: entry.mode }, { file: entry, segments });
    else if (entry.kind === "folder") await addEmpty(tar, { ...header, type: "directory", mode: entry.mode });
    else await addEmpty(tar, { ...header, type: "symlink", linkname: entry.target });
  }
  tar.finalize();
}

type Header = { name: string; mtime: Date; mode?: number };

function addEmpty(
  tar: Pack,
  header: Header & ({ type: "directory" } | { type: "symlink"; linkname: string }),
): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ ...header, size: 0 }, (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(
  tar: Pack,
  header: Header,
  { file, segments }: { file: StoredFile; segments: SegmentReader },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sink = tar.entry({ ...header, type: "file", size: file.sizeBytes }, (error) =>
      error ? reject(error) : resolve(),
    );
    pipeline(readParts(file, segments), sink, (error) => {
      if (error) reject(error);
    });
  });
}
