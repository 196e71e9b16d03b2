"use client";
import { ArrowDown } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Run } from "@/contract/run";
import { RunSection } from "./run-section";

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
  const shown = runs.slice(0, shownCount).toReversed();
  const { box, content, isAtEnd, askIsAtEnd, jumpToEnd, leaveEnd } = useStickToEnd();
  usePageKeys([{ keys: "f", name: "Follow conversation, or stop", run: () => (isAtEnd ? leaveEnd() : jumpToEnd()) }]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="relative flex min-h-0 flex-1 flex-col">
        <ScrollRegion ref={box} role="log" label="Conversation" className="min-h-0 flex-1">
          <div ref={content} className="mx-auto flex w-full max-w-[50rem] flex-col gap-3 px-4 py-4">
            {(runs.length > shownCount || hasMoreRuns) && (
              <Button
                size="sm"
                look="ghost"
                className="self-center"
                onClick={() => {
                  if (runs.length <= shownCount + RUNS_SHOWN && hasMoreRuns) loadMoreRuns();
                  setShownCount(shownCount + RUNS_SHOWN);
                }}
              >
                Show earlier runs
              </Button>
            )}
            {shown.map((run) => (
              <RunSection key={run.id} run={run} hasHeading={runs.length > 1 || hasMoreRuns} askIsAtEnd={askIsAtEnd} />
            ))}
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

/** Keeps a scrolled box at its end while content grows, as long as the reader has not scrolled away. */
function useStickToEnd() {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isStuck = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);

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
    let anchor = window.location.hash.slice(1);
    const observer = new ResizeObserver(() => {
      // An address that names an approval leads to it, once it is there.
      const target = anchor === "" ? null : document.getElementById(anchor);
      if (target !== null) {
        anchor = "";
        isStuck.current = false;
        target.scrollIntoView({ block: "center" });
      }
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
  }, []);

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
