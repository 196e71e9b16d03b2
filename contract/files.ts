import { z } from "zod";
import { RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit } from "./page";
import { cleanText } from "./text";
import { FILE_KINDS, OMITTED_REASONS } from "./words";

/** How much of a file `files.read` returns, in bytes. */
export const FILE_TEXT_BYTES_MAX = 512 * 1024;
const PATH_MAX = 4_096;

/** A path below the workspace, as the agent's own commands name it there. Slashes at its end are ignored. */
const FilePath = z
  .string()
  .max(PATH_MAX)
  .transform((path) => path.replace(/\/+$/, ""))
  .refine(
    (path) =>
      path === "" ||
      (cleanText(path) === path && path.split("/").every((step) => step !== "" && step !== "." && step !== "..")),
    "a path below the workspace, such as src/main.ts",
  );
/** A folder's path; the empty path is the workspace itself. */
const FolderPath = FilePath.default("");

export const ListFilesInput = z.strictObject({
  sessionId: RecordId,
  path: FolderPath,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListFilesInput = z.infer<typeof ListFilesInput>;

export const ReadFileInput = z.strictObject({
  sessionId: RecordId,
  path: FilePath.refine((path) => path !== "", "names no file"),
});
export type ReadFileInput = z.infer<typeof ReadFileInput>;

export const DownloadFolderInput = z.strictObject({ sessionId: RecordId, path: FolderPath });
export type DownloadFolderInput = z.infer<typeof DownloadFolderInput>;

/** Which of a session's changes: all, those of a run, or those of one turn. */
export const ReadPatchInput = z.strictObject({
  sessionId: RecordId,
  runId: RecordId.optional(),
  turnId: z.string().min(1).max(256).optional(),
});
export type ReadPatchInput = z.infer<typeof ReadPatchInput>;

/** The archive that a session's files are read from: what its volume held at the end of a turn. */
export const FilesArchive = z.object({
  manifestId: z.string(),
  runId: z.string(),
  /** When the archive was stored. */
  archivedAt: z.string(),
  /** Whether it holds the work of the last turn that a runner began. */
  isCurrent: z.boolean(),
  /** What the volume held and the archive does not: at most the first 100, and how many in all. */
  omitted: z.array(z.object({ path: z.string(), reason: z.enum(OMITTED_REASONS) })),
  omittedCount: z.number(),
});
export type FilesArchive = z.infer<typeof FilesArchive>;

export const FileEntry = z.object({
  name: z.string(),
  /** Below the workspace. */
  path: z.string(),
  kind: z.enum(FILE_KINDS),
  /** Bytes; of a folder, of all files below it. */
  sizeBytes: z.number(),
  /** The files below a folder; null for anything else. */
  filesCount: z.number().nullable(),
  isExecutable: z.boolean(),
  /** What a link points to, as it was written. AgentRun follows no link. */
  target: z.string().nullable(),
});
export type FileEntry = z.infer<typeof FileEntry>;

export const FilePage = z.object({
  /** null: no turn has been archived yet, and there are no files. */
  archive: FilesArchive.nullable(),
  path: z.string(),
  /** Folders first, each by name. */
  items: z.array(FileEntry),
  cursor: z.string().nullable(),
});
export type FilePage = z.infer<typeof FilePage>;

export const FileText = z.object({
  archive: FilesArchive,
  path: z.string(),
  sizeBytes: z.number(),
  /** SHA-256 of the whole file. */
  sha256: z.string(),
  isExecutable: z.boolean(),
  /** null: the bytes are no UTF-8 text. */
  text: z.string().nullable(),
  /** Whether the file goes on behind the text. */
  isCut: z.boolean(),
});
export type FileText = z.infer<typeof FileText>;
