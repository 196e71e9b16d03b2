"use client";
import { Download } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";
import { buttonStyle } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { formatPlural } from "@/components/ui/format";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import { LoadMore } from "@/components/ui/list/load-more";
import { EmptyState } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { FilePage, FilesArchive } from "@/contract/files";
import type { Run } from "@/contract/run";
import { FileView } from "./file-view";
import { FolderPath } from "./folder-path";
import { FolderTable } from "./folder-table";
import { downloadAddress, useFolder } from "./use-files";

/** `path`: the folder; `file`: the name of the file in it that is open. */
const PLACE = { path: parseAsString.withDefault(""), file: parseAsString };

type FilesViewProps = { session: { sessionId: string; version: number }; lastRun: Run | null };

/** What a session's agent left in its workspace, as the archive of its last turn holds it: folders, and one file open. */
export function FilesView({ session, lastRun }: FilesViewProps) {
  const [{ path, file }, setPlace] = useQueryStates(PLACE, { history: "push" });
  const folder = useFolder(session, path);
  const openFolder = (folder: string) => void setPlace({ path: folder === "" ? null : folder, file: null });
  const { sessionId } = session;
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b bg-panel px-4 py-1.5 text-xs text-ink-2 lg:px-6">
        <FolderPath path={path} file={file} onOpen={openFolder} />
        {folder.data?.pages[0]?.archive != null && (
          <>
            <ArchiveAge archive={folder.data.pages[0].archive} />
            <a
              href={downloadAddress(sessionId, { kind: "folder", path })}
              download
              className={cn(buttonStyle({ size: "sm" }), "ml-auto")}
            >
              <Download aria-hidden className="size-3.5" />
              {path === "" ? "Download all" : "Download folder"}
            </a>
          </>
        )}
      </div>
      <QueryView query={folder}>
        {({ pages }) => {
          const [first] = pages;
          if (first === undefined || first.items.length === 0) return <Empty page={first} lastRun={lastRun} />;
          return (
            <div className="grid items-start lg:grid-cols-[minmax(18rem,2fr)_3fr]">
              <div className={file === null ? "min-w-0 lg:col-span-2" : "min-w-0 max-lg:hidden"}>
                <FolderTable
                  folder={path}
                  entries={pages.flatMap(({ items }) => items)}
                  openName={file}
                  onOpenFolder={openFolder}
                  onOpenFile={(name) => void setPlace({ file: name })}
                />
                <div className="p-4 empty:hidden">
                  <LoadMore query={folder} />
                </div>
                <Omitted archive={first.archive} />
              </div>
              {file !== null && (
                <FileView
                  key={`${path}/${file}`}
                  sessionId={sessionId}
                  path={path === "" ? file : `${path}/${file}`}
                  onClose={() => void setPlace({ file: null })}
                />
              )}
            </div>
          );
        }}
      </QueryView>
    </div>
  );
}

function ArchiveAge({ archive }: { archive: FilesArchive }) {
  return (
    <span className={archive.isCurrent ? undefined : "text-warn"}>
      Archived <Time at={archive.archivedAt} />
      {!archive.isCurrent && ", before the last turn"}
    </span>
  );
}

function Empty({ page, lastRun }: { page: FilePage | undefined; lastRun: Run | null }) {
  if (page !== undefined && page.path !== "")
    return <EmptyState title="This folder is empty">Its parent folders are above.</EmptyState>;
  if (lastRun?.workspaceRef?.kind === "directory")
    return (
      <EmptyState title="No files here">
        The agent works in a folder of its own machine, which AgentRun neither archives nor removes.
      </EmptyState>
    );
  if (page?.archive != null)
    return <EmptyState title="The workspace is empty">The agent has left no files in it.</EmptyState>;
  return (
    <EmptyState title="No files yet">
      The files that the agent leaves in its workspace appear here after each turn. They stay when its volume is
      removed.
    </EmptyState>
  );
}

const OMITTED_WORDS: Record<FilesArchive["omitted"][number]["reason"], string> = {
  "too-large": "too large",
  "special-file": "no plain file",
  "odd-name": "its name is no UTF-8",
  "too-many": "too many files",
  changed: "changed while it was read",
  unreadable: "unreadable",
};

const omittedWords = (reason: FilesArchive["omitted"][number]["reason"]) => OMITTED_WORDS[reason];

/** What the volume holds and the archive does not. */
function Omitted({ archive }: { archive: FilesArchive | null }) {
  if (archive === null || archive.omittedCount === 0) return null;
  const hidden = archive.omittedCount - archive.omitted.length;
  return (
    <section aria-label="Not archived" className="border-t px-4 py-3 text-xs text-ink-2 lg:px-6">
      <p>{formatPlural(archive.omittedCount, "more")} on the volume, not archived:</p>
      <ul className="mt-1 flex flex-col gap-0.5">
        {archive.omitted.map(({ path, reason }) => (
          <li key={path} className="break-all">
            <span className="font-mono">{revealHiddenInName(path)}</span>: {omittedWords(reason)}
          </li>
        ))}
        {hidden > 0 && <li>and {hidden.toLocaleString("en")} others</li>}
      </ul>
    </section>
  );
}
