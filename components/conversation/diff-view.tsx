"use client";
import { FilePen } from "lucide-react";
import { memo, useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy";
import { formatPlural } from "@/components/ui/format";
import { revealHidden, revealHiddenInName } from "@/components/ui/hidden-characters";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { FileChange } from "@/contract/file-changes";
import { type DiffRow, type FileDiff, readChange, readDiff } from "./diff";

/** A diff is drawn whole only where somebody wants it whole. */
const ROWS_SHOWN = 2_000;
/** Of a diff among other things, such as in a conversation. */
const ROWS_AMONG = 40;
const ROW: Record<DiffRow["kind"], string> = {
  hunk: "bg-hover text-ink-2",
  context: "",
  added: "bg-good-soft",
  removed: "bg-bad-soft",
};
const SIGN: Record<DiffRow["kind"], string> = { hunk: "", context: " ", added: "+", removed: "−" };

/** The files that a change touches, each with its lines. */
export function ChangesView({ changes, isOpen = true }: { changes: readonly FileChange[]; isOpen?: boolean }) {
  return (
    <div className="flex flex-col gap-2">
      {changes.map((change) => (
        <ChangeView key={change.path} change={change} isOpen={isOpen} />
      ))}
    </div>
  );
}

/** One changed file. */
const ChangeView = memo(function ChangeView({ change, isOpen }: { change: FileChange; isOpen: boolean }) {
  const file = useMemo(() => readChange(change), [change]);
  const { kind, diff } = change;
  return <FileDiffView {...{ file, kind, diff, isOpen }} rowsShown={ROWS_AMONG} />;
});

/** A unified diff, file by file. */
export const DiffView = memo(function DiffView({ diff, path }: { diff: string; path: string }) {
  const files = useMemo(() => readDiff(diff, path), [diff, path]);
  return files.map((file) => <FileDiffView key={file.path} {...{ file, diff }} rowsShown={ROWS_AMONG} />);
});

type FileDiffViewProps = {
  file: FileDiff;
  kind?: string;
  /** What is copied. */
  diff: string | (() => string);
  isOpen?: boolean;
  /** How many lines are shown until more are asked for. */
  rowsShown?: number;
};

/** One file's changed lines, as long as they are: the page scrolls, not they. */
export function FileDiffView({ file, kind, diff, isOpen = true, rowsShown = ROWS_SHOWN }: FileDiffViewProps) {
  const [isWhole, setIsWhole] = useState(false);
  const rows = isWhole ? file.rows : file.rows.slice(0, rowsShown);
  const path = revealHiddenInName(file.path);
  const name = file.movedFrom === null ? path : `${revealHiddenInName(file.movedFrom)} → ${path}`;
  const hiddenCount = file.rows.length - rows.length;
  return (
    <details open={isOpen} className="group relative min-w-0 overflow-hidden rounded-md border">
      <summary className="flex items-center gap-2 bg-sunken px-3 py-1.5 text-xs focus-visible:-outline-offset-2">
        <FilePen aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        <span className="min-w-0 truncate font-mono" title={name}>
          {name}
        </span>
        {kind !== undefined && kind !== "update" && (
          <span className="text-ink-3">{kind === "add" ? "new" : revealHidden(kind)}</span>
        )}
        <span className="ml-auto shrink-0 tabular-nums">
          <span className="text-good">+{file.addedCount}</span> <span className="text-bad">−{file.removedCount}</span>
        </span>
      </summary>
      <ScrollRegion label={`Changes to ${path}`} className="bg-code">
        <table className="w-full border-collapse font-mono text-xs leading-5">
          <tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a diff's rows never change places.
              <tr key={index} className={ROW[row.kind]}>
                <td className="w-10 min-w-10 px-1.5 text-right text-ink-3 select-none">{row.oldLine}</td>
                <td className="w-10 min-w-10 px-1.5 text-right text-ink-3 select-none">{row.newLine}</td>
                <td
                  className={cn(
                    "w-4 text-center select-none",
                    row.kind === "added" && "text-good",
                    row.kind === "removed" && "text-bad",
                  )}
                >
                  {SIGN[row.kind]}
                </td>
                <td className="pr-4 whitespace-pre">{row.text === "" ? " " : revealHidden(row.text)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <span className="absolute top-8 right-2">
          <CopyButton text={diff} label={`Copy the diff of ${path}`} />
        </span>
        {hiddenCount > 0 && (
          <Button variant="ghost" size="sm" className="m-1" onClick={() => setIsWhole(true)}>
            Show all {formatPlural(file.rows.length, "line")}
          </Button>
        )}
      </ScrollRegion>
    </details>
  );
}
