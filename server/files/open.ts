import type { DownloadFolderInput, FilesArchive, ReadFileInput } from "@/contract/files";
import { findEntry } from "@/db/queries/read-files";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { readSegment } from "@/server/manifests";
import { Entry, SegmentReader } from "@/volume";
import { requireFilesArchive } from "./find-archive";
import { toVolumePath } from "./paths";
import { inSnapshot } from "./snapshot";

export type StoredFile = Extract<Entry, { kind: "file" }>;
export type OpenedFile = { archive: FilesArchive; file: StoredFile };

/** Finds a file of a session's workspace in its newest archive. Throws for a folder, and for a link: none is followed. */
export async function openFile(ctx: ServiceContext, { sessionId, path }: ReadFileInput): Promise<OpenedFile> {
  const { archive, found } = await inSnapshot(ctx, async (ctx) => {
    const archive = await requireFilesArchive(ctx, sessionId);
    return { archive, found: await findEntry(ctx.db, archive.manifestId, toVolumePath(path)) };
  });
  if (found === undefined) throw new NotFoundError("file", path, `in session ${sessionId}`);
  const entry = Entry.parse(found);
  if (entry.kind === "folder") throw new InvalidInputError(`path: ${path} is a folder`);
  if (entry.kind === "link")
    throw new InvalidInputError(`path: ${path} is a link to ${entry.target}: ask for the file that it points to`);
  return { archive, file: entry };
}

/** Throws unless the archive has a folder of that path, which may be empty. The workspace itself is always there. */
export async function assertFolder(
  ctx: ServiceContext,
  { manifestId }: FilesArchive,
  { sessionId, path }: DownloadFolderInput,
): Promise<void> {
  if (path === "") return;
  const found = await findEntry(ctx.db, manifestId, toVolumePath(path));
  if (found === undefined) throw new NotFoundError("folder", path, `in session ${sessionId}`);
  const { kind } = Entry.parse(found);
  if (kind !== "folder") throw new InvalidInputError(`path: ${path} is a ${kind}, not a folder`);
}

/**
 * Returns a reader of a session's segments, for one download. A segment that a later archive has replaced meanwhile is
 * kept for an hour; after that the reader throws `not-found`.
 */
export function segmentReader(ctx: ServiceContext, sessionId: string): SegmentReader {
  return new SegmentReader((digest) => readSegment(ctx, sessionId, digest));
}

/** Reads a file piece by piece, each checked against its digest and at most as long as a segment. */
export async function* readParts(file: StoredFile, segments: SegmentReader): AsyncGenerator<Buffer> {
  for (const part of file.parts) yield await segments.read(part);
}
