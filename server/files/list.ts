import type { FileEntry, FilePage, ListFilesInput } from "@/contract/files";
import { type FolderPlace, type FolderRow, readFolder } from "@/db/queries/read-files";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError, NotFoundError } from "@/server/errors";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { findFilesArchive } from "./find-archive";
import { assertFolder } from "./open";
import { toVolumePath } from "./paths";
import { inSnapshot } from "./snapshot";

/**
 * Lists a folder of a session's workspace as its newest archive holds it, so it needs neither a runner nor a volume. A
 * cursor belongs to one archive: once a later turn is archived, the list begins anew.
 */
export function listFiles(ctx: ServiceContext, input: ListFilesInput): Promise<FilePage> {
  return inSnapshot(ctx, (ctx) => listFolder(ctx, input));
}

async function listFolder(ctx: ServiceContext, input: ListFilesInput): Promise<FilePage> {
  const { sessionId, path, cursor, limit } = input;
  const archive = await findFilesArchive(ctx, sessionId);
  if (archive === null) {
    if (path !== "") throw new NotFoundError("folder", path, `in session ${sessionId}`);
    return { archive, path, items: [], cursor: null };
  }
  const { manifestId } = archive;
  const filter = { list: "files.list", manifestId, path };
  const after = cursor === undefined ? null : placeIn(filter, cursor);
  const rows = await readFolder(ctx.db, { manifestId, path: toVolumePath(path), after, limit: limit + 1 });
  if (rows.length === 0) await assertFolder(ctx, archive, { sessionId, path });
  const page = pageFrom(rows, limit, ({ kind, name }) => encodeCursor(filter, [kind === "folder" ? 1 : 0, name]));
  return { archive, path, items: page.rows.map((row) => toFileEntry(row, path)), cursor: page.cursor };
}

function placeIn(filter: object, cursor: string): FolderPlace {
  const [isFolder, name] = decodeCursor(filter, cursor, 2);
  if ((isFolder !== 0 && isFolder !== 1) || typeof name !== "string")
    throw new InvalidCursorError("the cursor is damaged");
  return { isFolder: isFolder === 1, name };
}

function toFileEntry(row: FolderRow, folder: string): FileEntry {
  const { name, kind, sizeBytes, filesCount, mode, target } = row;
  return {
    name,
    path: folder === "" ? name : `${folder}/${name}`,
    kind,
    sizeBytes,
    filesCount: kind === "folder" ? filesCount : null,
    isExecutable: kind === "file" && isExecutable(mode ?? 0),
    target: kind === "link" ? target : null,
  };
}

export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}
