import { File, FileSymlink, Folder } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import type { FileEntry } from "@/contract/files";
import { type FilesPlace, PlaceLink } from "./place-link";

type FolderTableProps = {
  folder: string;
  entries: readonly FileEntry[];
  /** The name of the file that is open beside the list. */
  openName: string | null;
  onOpenFolder: (path: string) => void;
  onOpenFile: (name: string) => void;
};

/** What a folder holds, a line each. */
export function FolderTable({ folder, entries, openName, onOpenFolder, onOpenFile }: FolderTableProps) {
  return (
    <ul aria-label="Files" className="flex flex-col py-1 text-sm">
      {entries.map((entry) => {
        const { name, path, kind } = entry;
        if (kind === "link") return <Line key={name} entry={entry} />;
        const place = kind === "folder" ? { path, file: null } : { path: folder, file: name };
        const onOpen = () => (kind === "folder" ? onOpenFolder(path) : onOpenFile(name));
        return <Line key={name} entry={entry} isOpen={kind === "file" && name === openName} link={{ place, onOpen }} />;
      })}
    </ul>
  );
}

type LineProps = {
  entry: FileEntry;
  isOpen?: boolean;
  /** Where the line leads; one without it leads nowhere. */
  link?: { place: FilesPlace; onOpen: () => void };
};

function Line({ entry, isOpen = false, link }: LineProps) {
  const { name, kind, target, isExecutable } = entry;
  const shown = revealHiddenInName(name);
  const Icon = kind === "folder" ? Folder : kind === "link" ? FileSymlink : File;
  const content = (
    <>
      <Icon aria-hidden className={cn("size-4 shrink-0", kind === "folder" ? "text-accent" : "text-ink-3")} />
      <span className="min-w-0 truncate font-mono text-xs" title={shown}>
        {shown}
        {kind === "folder" && "/"}
      </span>
      {isExecutable && <span className="shrink-0 text-2xs text-ink-3">executable</span>}
      {kind === "link" && (
        <span className="min-w-0 truncate font-mono text-xs text-ink-3">
          <span aria-hidden>→ </span>
          <span className="sr-only">leads to </span>
          {revealHiddenInName(target ?? "")}
        </span>
      )}
      <span className="ml-auto shrink-0 text-xs text-ink-2 tabular-nums">{amountOf(entry)}</span>
    </>
  );
  const className = "flex min-h-8 min-w-0 items-center gap-2 px-4 lg:px-6";
  return (
    <li className={cn("min-w-0", isOpen && "bg-accent-soft")}>
      {link === undefined ? (
        <div className={className}>{content}</div>
      ) : (
        <PlaceLink
          {...link}
          isCurrent={isOpen}
          className={cn(className, "hover:bg-hover focus-visible:-outline-offset-2")}
        >
          {content}
        </PlaceLink>
      )}
    </li>
  );
}

function amountOf({ kind, sizeBytes, filesCount }: FileEntry): string {
  if (kind === "link") return "";
  if (filesCount === null) return formatBytes(sizeBytes);
  return `${formatPlural(filesCount, "file")}, ${formatBytes(sizeBytes)}`;
}
