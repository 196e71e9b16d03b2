import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import { printJson, printLines } from "@/cli/print";
import { type Column, formatTable } from "@/cli/table";
import { formatAge, formatBytes } from "@/components/ui/format";
import type { FileEntry, FilePage } from "@/contract/files";

const PAGE_MAX = 200;

/** Lists a folder of a session's workspace, as the last archived turn left it. */
export const files: Command = {
  name: "files",
  usage: "SESSION [FOLDER]",
  summary: "List the files that a session's agent left in its workspace",
  async run(io, { words }) {
    const [sessionId = "", folder = "", ...more] = words;
    if (sessionId === "" || more.length > 0)
      throw new UsageError("files takes a session and at most one folder", "agentrun ls sessions");
    const path = `/sessions/${encodeURIComponent(sessionId)}/files`;
    const items: FileEntry[] = [];
    let cursor: string | null = null;
    let archive: FilePage["archive"] = null;
    do {
      const query: Record<string, unknown> = { path: folder, limit: PAGE_MAX, ...(cursor === null ? {} : { cursor }) };
      const page: FilePage = await io.client.call({ method: "GET", path, query });
      if (io.form === "ndjson") printLines(io, page.items);
      items.push(...page.items);
      ({ archive, cursor } = page);
    } while (cursor !== null && !io.signal.aborted);
    if (io.form === "json") printJson(io, { archive, path: folder, items });
    if (io.form !== "table") return EXIT.ok;
    for (const line of formatTable(items, COLUMNS, io)) io.out(line);
    if (archive === null) io.note("no turn has been archived yet: there are no files");
    else {
      const age = formatAge(Date.parse(archive.archivedAt), Date.now());
      io.note(archive.isCurrent ? `archived ${age}` : `archived ${age}, before the last turn`);
      if (archive.omittedCount > 0) io.note(`${archive.omittedCount} more are not in the archive`);
    }
    return EXIT.ok;
  },
};

const COLUMNS: readonly Column<FileEntry>[] = [
  { name: "SIZE", of: ({ kind, sizeBytes }) => (kind === "link" ? "" : formatBytes(sizeBytes)) },
  { name: "FILES", of: ({ filesCount }) => (filesCount === null ? "" : String(filesCount)) },
  { name: "NAME", of: nameOf, canBeCut: true },
];

/** A name with the marks that `ls -F` appends. */
function nameOf({ name, kind, target, isExecutable }: FileEntry): string {
  if (kind === "folder") return `${name}/`;
  if (kind === "link") return `${name} -> ${target ?? ""}`;
  return isExecutable ? `${name}*` : name;
}
