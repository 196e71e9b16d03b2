"use client";
import { Download } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { FileDiffView } from "@/components/conversation/diff-view";
import { Follow } from "@/components/trace/follow";
import { Button, buttonStyle } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ErrorBar } from "@/components/ui/error/error-bar";
import { Select } from "@/components/ui/form/field";
import { formatPlural } from "@/components/ui/format";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { Run } from "@/contract/run";
import { changesByFile, countLines, foldChanges, type NamedTurn, toPatch } from "./fold-changes";
import { useChanges } from "./use-changes";

const CHOICES = { turn: parseAsString, file: parseAsString };
const RUNS_SHOWN = 10;
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
/** Longer than this, or one of more files than that, and a diff is folded until it is wanted. */
const LINES_OPEN = 200;
const FILES_OPEN = 20;

type ChangesViewProps = {
  /** The newest first. */
  runs: readonly Run[];
  followedId: string | null;
  /** Whose changes a patch may be downloaded of; a run without a session has none. */
  patchOf: { sessionId: string; runId?: string } | null;
  eventHref: (event: { runId: string; seq: number }) => string;
};

/** The files that turns changed: all of them, or one turn's. */
export function ChangesView({ runs, followedId, patchOf, eventHref }: ChangesViewProps) {
  const [shownCount, setShownCount] = useState(RUNS_SHOWN);
  const [{ turn: chosen, file }, setChoices] = useQueryStates(CHOICES, { history: "replace" });
  const shown = runs.slice(0, shownCount);
  const { events, isPending, error, retry } = useChanges(shown);
  const turns = useMemo(
    () =>
      foldChanges(events).map(
        (turn): NamedTurn => ({ ...turn, name: `Turn at ${DAY_AND_TIME.format(Date.parse(turn.at))}` }),
      ),
    [events],
  );
  const chosenTurn = turns.find((turn) => `${turn.runId}.${turn.seq}` === chosen);
  const files = useMemo(() => changesByFile(chosenTurn === undefined ? turns : [chosenTurn]), [turns, chosenTurn]);
  const followed = runs.find((run) => run.id === followedId);
  const total = countLines(files);
  const isCut = (chosenTurn === undefined ? turns : [chosenTurn]).some((turn) => turn.isCut);
  const content = useRef<HTMLDivElement>(null);
  useFileInView(
    content,
    files.findIndex(({ path }) => path === file),
  );

  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      {followed !== undefined && <Follow run={followed} />}
      {error !== null && <ErrorBar error={error} onRetry={retry} />}
      {isPending && turns.length === 0 && error === null && <TableSkeleton />}
      {!isPending && turns.length === 0 && (
        <EmptyState
          title="No files changed"
          action={runs.length > shownCount && <Earlier onClick={() => setShownCount(shownCount + RUNS_SHOWN)} />}
        >
          Patches applied by the agent appear here. Files written by commands are in the workspace but have no diff.
        </EmptyState>
      )}
      {turns.length > 0 && (
        <>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-panel px-4 py-2 text-xs text-ink-2 lg:px-6">
            <Select
              aria-label="Turn"
              className="w-auto max-w-full text-xs"
              value={chosenTurn === undefined ? "" : `${chosenTurn.runId}.${chosenTurn.seq}`}
              onChange={(event) => void setChoices({ turn: event.target.value === "" ? null : event.target.value })}
            >
              <option value="">{turns.length === 1 ? "All turns" : `All ${turns.length} turns with changes`}</option>
              {turns.map((turn) => {
                const { added, removed } = countLines(turn.files);
                return (
                  <option key={turn.key} value={`${turn.runId}.${turn.seq}`}>
                    {turn.name}: {formatPlural(turn.files.length, "file")}, +{added} −{removed}
                  </option>
                );
              })}
            </Select>
            <span>
              {formatPlural(files.length, "file")}, <Counts added={total.added} removed={total.removed} />
            </span>
            {chosenTurn !== undefined && (
              <a href={eventHref(chosenTurn)} className="text-accent hover:underline">
                <Time at={chosenTurn.at} /> · event {chosenTurn.seq}
              </a>
            )}
            {chosenTurn === undefined && turns.length > 1 && (
              <span className="text-ink-3">Counted per turn: a line added and removed counts twice.</span>
            )}
            {isCut && <span className="text-warn">A diff was too long to store in full.</span>}
            {runs.length > shownCount && <Earlier onClick={() => setShownCount(shownCount + RUNS_SHOWN)} />}
            {patchOf !== null && (
              <a
                href={patchAddress(patchOf.sessionId, chosenTurn ?? patchOf)}
                download
                className={cn(buttonStyle({ size: "sm" }), "ml-auto")}
              >
                <Download aria-hidden className="size-3.5" />
                Download patch
              </a>
            )}
          </div>
          <div className="grid gap-3 p-4 lg:grid-cols-[16rem_minmax(0,1fr)] lg:p-6">
            <nav aria-label="Changed files" className="min-w-0 lg:sticky lg:top-0 lg:self-start">
              <ul className="flex flex-col text-xs">
                {files.map((file, index) => (
                  <li key={file.path}>
                    <a
                      href={`#file-${index}`}
                      className="flex min-w-0 items-center gap-2 rounded px-2 py-1 hover:bg-hover"
                    >
                      <span className="min-w-0 truncate font-mono" title={revealHiddenInName(file.path)}>
                        {revealHiddenInName(file.path)}
                      </span>
                      <span className="ml-auto shrink-0">
                        <Counts added={file.addedCount} removed={file.removedCount} />
                      </span>
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
            <div ref={content} className="flex min-w-0 flex-col gap-3">
              {files.map((changed, index) => (
                <div key={`${changed.path} ${chosenTurn?.key ?? ""}`} id={`file-${index}`} className="scroll-mt-3">
                  <FileDiffView
                    file={changed}
                    diff={() => toPatch(changed)}
                    isOpen={(changed.rows.length <= LINES_OPEN && files.length <= FILES_OPEN) || changed.path === file}
                  />
                </div>
              ))}
            </div>
          </div>
        </>
      )}
    </div>
  );
}

/** Where a session's changes are downloaded: all of them, a run's, or a turn's. */
function patchAddress(sessionId: string, { runId, turnId = "" }: { runId?: string; turnId?: string }): string {
  const query = new URLSearchParams({ ...(runId && { runId }), ...(turnId && { turnId }) }).toString();
  return `/api/v1/sessions/${encodeURIComponent(sessionId)}/patch${query && `?${query}`}`;
}

/** Brings the file that the address names into view, once. */
function useFileInView(content: RefObject<HTMLElement | null>, index: number): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (index === -1 || isDone.current) return;
    isDone.current = true;
    content.current?.children[index]?.scrollIntoView({ block: "start" });
  }, [content, index]);
}

function Counts({ added, removed }: { added: number; removed: number }) {
  return (
    <span className="tabular-nums">
      <span className="text-good">+{added.toLocaleString("en")}</span>{" "}
      <span className="text-bad">−{removed.toLocaleString("en")}</span>
    </span>
  );
}

function Earlier({ onClick }: { onClick: () => void }) {
  return (
    <Button size="sm" variant="ghost" onClick={onClick}>
      Load earlier runs
    </Button>
  );
}
