"use client";
import { ArrowDown } from "lucide-react";
import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Run } from "@/contract/run";
import { RunSection, SPOT_ID } from "./run-section";

const RUNS_SHOWN = 3;
/** Closer than this to the end counts as reading along. */
const END_PX = 120;

type ConversationProps = {
  runs: readonly Run[];
  hasMoreRuns: boolean;
  loadMoreRuns: () => void;
  isLoading: boolean;
  children: ReactNode;
};

/** A session's conversation across its runs, oldest first; it stays at the end while its reader does. */
export function Conversation({ runs, hasMoreRuns, loadMoreRuns, isLoading, children }: ConversationProps) {
  const [shownCount, setShownCount] = useState(RUNS_SHOWN);
  const { spot, leave } = useSpot();
  const spotIndex = runs.findIndex(({ id }) => id === spot?.runId);
  // A run of long ago is shown with those around it, without all that came since.
  const newest = spotIndex < RUNS_SHOWN ? 0 : spotIndex - 1;
  const end = newest + shownCount;
  const shown = runs.slice(newest, end).toReversed();
  const isSought = spot !== null && spotIndex === -1 && hasMoreRuns && !isLoading;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once for each page that has come.
  useEffect(() => {
    if (isSought) loadMoreRuns();
  }, [isSought, runs.length]);
  const { box, content, isAtEnd, askIsAtEnd, jumpToEnd, leaveEnd } = useStickToEnd(spot);
  usePageKeys([{ keys: "f", name: "Follow conversation, or stop", run: () => (isAtEnd ? leaveEnd() : jumpToEnd()) }]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="relative flex min-h-0 flex-1 flex-col">
        <ScrollRegion ref={box} role="log" label="Conversation" className="min-h-0 flex-1">
          <div ref={content} className="mx-auto flex w-full max-w-[50rem] flex-col gap-3 px-4 py-4">
            {(runs.length > end || hasMoreRuns) && (
              <Button
                size="sm"
                look="ghost"
                className="self-center"
                onClick={() => {
                  if (runs.length <= end + RUNS_SHOWN && hasMoreRuns) loadMoreRuns();
                  setShownCount(shownCount + RUNS_SHOWN);
                }}
              >
                Show earlier runs
              </Button>
            )}
            {shown.map((run) => (
              <RunSection
                key={run.id}
                run={run}
                hasHeading={runs.length > 1 || hasMoreRuns}
                askIsAtEnd={askIsAtEnd}
                spotSeq={run.id === spot?.runId ? spot.seq : null}
              />
            ))}
            {newest > 0 && (
              <Button size="sm" look="ghost" className="self-center" onClick={leave}>
                Show latest runs
              </Button>
            )}
            {runs.length === 0 && !isLoading && (
              <EmptyState title="No messages yet">
                Send a message below. A runner starts and its agent replies here.
              </EmptyState>
            )}
          </div>
        </ScrollRegion>
        {!isAtEnd && (
          <Button
            size="sm"
            className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-pop"
            onClick={jumpToEnd}
          >
            <ArrowDown aria-hidden className="size-3.5" /> Jump to latest
          </Button>
        )}
      </div>
      {children}
    </div>
  );
}

const SPOT = { run: parseAsString, at: parseAsInteger };
type Spot = { runId: string; seq: number };

/** The message that the address names, until somebody leaves it. */
function useSpot(): { spot: Spot | null; leave: () => void } {
  const [{ run, at }, setSpot] = useQueryStates(SPOT, { history: "replace" });
  const spot = useMemo(() => (run === null || at === null ? null : { runId: run, seq: at }), [run, at]);
  return { spot, leave: () => void setSpot(null) };
}

/** Keeps a scrolled box at its end while content grows, as long as the reader has not scrolled away. */
function useStickToEnd(spot: Spot | null) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isStuck = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);
  /** The id of the element that is gone to once it is there; null: none. */
  const anchor = useRef<string | null>(null);

  const goToAnchor = useCallback(() => {
    const target = anchor.current === null ? null : document.getElementById(anchor.current);
    if (target === null) return;
    anchor.current = null;
    isStuck.current = false;
    target.scrollIntoView({ block: "center" });
  }, []);
  useEffect(() => {
    if (spot === null) return;
    anchor.current = SPOT_ID;
    goToAnchor();
  }, [spot, goToAnchor]);

  useEffect(() => {
    const scroller = box.current;
    const grown = content.current;
    if (scroller === null || grown === null) return;
    let last = { top: scroller.scrollTop, height: scroller.scrollHeight };
    const toEnd = () => {
      scroller.scrollTop = scroller.scrollHeight;
      last = { top: scroller.scrollTop, height: scroller.scrollHeight };
    };
    const watch = () => {
      const { scrollTop, scrollHeight, clientHeight } = scroller;
      if (scrollHeight - scrollTop - clientHeight < END_PX) isStuck.current = true;
      // Content that grew before this event was told has moved the end away: only who moves up has left it. And where
      // a long log's oldest events went, the browser moved up by itself.
      else if (scrollTop < last.top && scrollHeight >= last.height) isStuck.current = false;
      last = { top: scrollTop, height: scrollHeight };
      setIsAtEnd(isStuck.current);
    };
    // An address that names an approval leads to it, once it is there.
    anchor.current ??= window.location.hash.slice(1) || null;
    const observer = new ResizeObserver(() => {
      goToAnchor();
      if (isStuck.current) toEnd();
      else watch();
    });
    observer.observe(grown);
    observer.observe(scroller);
    scroller.addEventListener("scroll", watch, { passive: true });
    toEnd();
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", watch);
    };
  }, [goToAnchor]);

  const jumpToEnd = () => {
    isStuck.current = true;
    setIsAtEnd(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
    box.current?.focus({ preventScroll: true });
  };
  const leaveEnd = () => {
    isStuck.current = false;
    setIsAtEnd(false);
  };
  const askIsAtEnd = useCallback(() => isStuck.current, []);
  return { box, content, isAtEnd, askIsAtEnd, jumpToEnd, leaveEnd };
}
