import { FILE_TEXT_BYTES_MAX, type FileText, type ReadFileInput } from "@/contract/files";
import type { ServiceContext } from "@/server/context";
import { isExecutable } from "./list";
import { openFile, readParts, segmentReader } from "./open";

/** Reads the beginning of a file of a session's workspace as text. */
export async function readFile(ctx: ServiceContext, input: ReadFileInput): Promise<FileText> {
  const { archive, file } = await openFile(ctx, input);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readParts(file, segmentReader(ctx, input.sessionId))) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= FILE_TEXT_BYTES_MAX) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, FILE_TEXT_BYTES_MAX);
  const isCut = bytes.length < file.sizeBytes;
  return {
    archive,
    path: input.path,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    isExecutable: isExecutable(file.mode),
    text: decodeText(bytes, isCut),
    isCut,
  };
}

/** Returns null for bytes that are not UTF-8 text. Text that was cut may end within a character, which is left out. */
function decodeText(bytes: Buffer, isCut: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}
