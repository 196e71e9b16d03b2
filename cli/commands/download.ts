import { type FileHandle, open, rm } from "node:fs/promises";
import { type Command, optionText } from "@/cli/command";
import { EXIT, RefusedError, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { printJson } from "@/cli/print";
import { formatBytes } from "@/components/ui/format";

type Wanted = { sessionId: string; path: string };
const STANDARD_OUTPUT = "-";

/** Fetches a file of a session's workspace, or a folder as a compressed tar. */
export const download: Command = {
  name: "download",
  usage: "SESSION [PATH]",
  summary: "Fetch the files of a session's workspace: one, a folder, or all",
  help: ["--output FILE  where to write, - for standard output; a folder becomes a .tar.gz"],
  options: { output: { type: "string", short: "o" } },
  async run(io, typed) {
    const [sessionId = "", typedPath = "", ...more] = typed.words;
    if (sessionId === "" || more.length > 0)
      throw new UsageError("download takes a session and at most one path", "agentrun files SESSION");
    const wanted = { sessionId, path: typedPath.replace(/\/+$/, "") };
    const target = optionText(typed, "output");
    if (target === STANDARD_OUTPUT && io.columns !== null)
      throw new UsageError("the bytes would be written to a terminal", "agentrun download SESSION PATH --output FILE");
    const isFolder = await isFolderThere(io, wanted);
    if (target === STANDARD_OUTPUT) await fetchTo(io, wanted, isFolder, io.bytes);
    else await writeNew(io, wanted, { isFolder, file: target ?? defaultName(wanted, isFolder) });
    return EXIT.ok;
  },
};

async function isFolderThere(io: Io, { sessionId, path }: Wanted): Promise<boolean> {
  if (path === "") return true;
  const query = { path, limit: 1 };
  try {
    await io.client.call({ method: "GET", path: `/sessions/${encodeURIComponent(sessionId)}/files`, query });
    return true;
  } catch (error) {
    // It is no folder: a file, or nothing, which is said when the file is asked for.
    if (error instanceof RefusedError && (error.status === 400 || error.status === 404)) return false;
    throw error;
  }
}

async function fetchTo(
  io: Io,
  { sessionId, path }: Wanted,
  isFolder: boolean,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  const form = isFolder ? "tar" : "content";
  return io.client.download(
    { path: `/sessions/${encodeURIComponent(sessionId)}/files/${form}`, query: { path }, signal: io.signal },
    write,
  );
}

/** Writes a file that does not exist yet. What broke off leaves none. */
async function writeNew(
  io: Io,
  wanted: Wanted,
  { isFolder, file }: { isFolder: boolean; file: string },
): Promise<void> {
  const handle = await createFile(file);
  try {
    const sizeBytes = await fetchTo(io, wanted, isFolder, async (chunk) => {
      await handle.writeFile(chunk);
    });
    await handle.close();
    if (io.form === "table") io.note(`wrote ${file}, ${formatBytes(sizeBytes)}`);
    else printJson(io, { file, sizeBytes });
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

async function createFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, "wx");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new UsageError(`${file} is there already`, "agentrun download … --output OTHER");
    throw new UsageError(`cannot write ${file}: ${message}`);
  }
}

function defaultName({ sessionId, path }: Wanted, isFolder: boolean): string {
  const name = path === "" ? sessionId.replace(/[^A-Za-z0-9_.-]/g, "_") : path.slice(path.lastIndexOf("/") + 1);
  return isFolder ? `${name}.tar.gz` : name;
}
