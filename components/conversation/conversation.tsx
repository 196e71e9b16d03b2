"use client";
import { ArrowDown } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { eventAddress } from "@/components/shell/addresses";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Run } from "@/contract/run";
import { RunSection } from "./run-section";
import { type Place, placeOf, RUNS_SHOWN, rangeOf, SPOT_ID, type Spot, seekRun } from "./spot";
import { SpotAway } from "./spot-away";
import { useSpot } from "./use-spot";

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
  const runIds = runs.map(({ id }) => id);
  const [chosen, setChosen] = useState<Place | null>(null);
  const place = placeOf(spot, runIds, chosen);
  if (place !== chosen) setChosen(place);
  const { newest, end } = rangeOf(place, runIds, shownCount);
  const shown = runs.slice(newest, end).toReversed();
  const sought = seekRun(spot, runIds, { hasMore: hasMoreRuns, isLoading });
  const isSought = sought === "more";
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once for each page that has come.
  useEffect(() => {
    if (isSought) loadMoreRuns();
  }, [isSought, runs.length]);
  const { scroller, content, isAtEnd, readIsAtEnd, jumpToEnd, leaveEnd } = useStickToEnd(spot);
  const isFollowed = isAtEnd && newest === 0;
  const jumpToLatest = () => {
    if (newest > 0) leave();
    jumpToEnd();
  };
  usePageKeys([
    { keys: "f", name: "Follow conversation, or stop", run: () => (isFollowed ? leaveEnd() : jumpToLatest()) },
  ]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="relative flex min-h-0 flex-1 flex-col">
        <ScrollRegion ref={scroller} role="log" label="Conversation" className="min-h-0 flex-1">
          <div ref={content} className="mx-auto flex w-full max-w-[50rem] flex-col gap-3 px-4 py-4">
            {(runs.length > end || hasMoreRuns) && (
              <Button
                size="sm"
                variant="ghost"
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
                readIsAtEnd={readIsAtEnd}
                spotSeq={run.id === spot?.runId ? spot.seq : null}
              />
            ))}
            {newest > 0 && (
              <Button size="sm" variant="ghost" className="self-center" onClick={leave}>
                Show latest runs
              </Button>
            )}
            {sought === "gone" && <SpotAway>This message is no longer there.</SpotAway>}
            {sought === "far" && spot !== null && (
              <SpotAway href={eventAddress(spot)}>This message is not in the latest runs of this session.</SpotAway>
            )}
            {runs.length === 0 && !isLoading && (
              <EmptyState title="No messages yet">
                Send a message below. A runner starts and its agent replies here.
              </EmptyState>
            )}
          </div>
        </ScrollRegion>
        {!isFollowed && (
          <Button
            size="sm"
            className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-pop"
            onClick={jumpToLatest}
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
function useStickToEnd(spot: Spot | null) {
  const scrollBox = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isPinnedToEnd = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);
  /** The id of the element that is gone to once it is there; null: none. */
  const anchor = useRef<string | null>(null);

  const goToAnchor = useCallback(() => {
    const target = anchor.current === null ? null : document.getElementById(anchor.current);
    if (target === null) return;
    anchor.current = null;
    isPinnedToEnd.current = false;
    target.scrollIntoView({ block: "center" });
  }, []);
  const lastSpot = useRef(spot);
  useEffect(() => {
    const hasLeft = lastSpot.current !== null && spot === null;
    lastSpot.current = spot;
    if (hasLeft) {
      // The newest runs come in the place of others: they are followed, as if the page had begun with them.
      anchor.current = null;
      isPinnedToEnd.current = true;
      setIsAtEnd(true);
      scrollBox.current?.scrollTo({ top: scrollBox.current.scrollHeight });
    }
    if (spot === null) return;
    anchor.current = SPOT_ID;
    goToAnchor();
  }, [spot, goToAnchor]);

  useEffect(() => {
    const scroller = scrollBox.current;
    const grown = content.current;
    if (scroller === null || grown === null) return;
    let last = { top: scroller.scrollTop, height: scroller.scrollHeight };
    const toEnd = () => {
      scroller.scrollTop = scroller.scrollHeight;
      last = { top: scroller.scrollTop, height: scroller.scrollHeight };
    };
    const watch = () => {
      const { scrollTop, scrollHeight, clientHeight } = scroller;
      if (scrollHeight - scrollTop - clientHeight < END_PX) isPinnedToEnd.current = true;
      // Content that grew before this event was told has moved the end away: only who moves up has left it. And where
      // a long log's oldest events went, the browser moved up by itself.
      else if (scrollTop < last.top && scrollHeight >= last.height) isPinnedToEnd.current = false;
      last = { top: scrollTop, height: scrollHeight };
      setIsAtEnd(isPinnedToEnd.current);
    };
    // An address that names an approval leads to it, once it is there.
    anchor.current ??= window.location.hash.slice(1) || null;
    const observer = new ResizeObserver(() => {
      goToAnchor();
      if (isPinnedToEnd.current) toEnd();
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
    isPinnedToEnd.current = true;
    setIsAtEnd(true);
    scrollBox.current?.scrollTo({ top: scrollBox.current.scrollHeight });
    scrollBox.current?.focus({ preventScroll: true });
  };
  const leaveEnd = () => {
    isPinnedToEnd.current = false;
    setIsAtEnd(false);
  };
  const readIsAtEnd = useCallback(() => isPinnedToEnd.current, []);
  return { scroller: scrollBox, content, isAtEnd, readIsAtEnd, jumpToEnd, leaveEnd };
}
