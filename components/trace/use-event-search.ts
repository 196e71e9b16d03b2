"use client";
import { useEffect, useRef, useState } from "react";
import { useTRPCClient } from "@/components/trpc/client";
import type { FoundEvent, FoundEventPage } from "@/contract/event";
import { searchPages } from "./search-pages";
import { searchInputOf, type TraceFilter } from "./trace-filter";

/** What has been found of what is not loaded, before the events that are. */
export type SearchedPart = {
  /** The part of the run that was loaded: what was found before one part says nothing of another. */
  windowName: string | null;
  /** The oldest first. */
  items: readonly FoundEvent[];
  /** The first event that was looked at; null where nobody looked yet. */
  backToSeq: number | null;
  /** A cursor belongs to the place where its search began. */
  fromSeq: number | null;
  cursor: string | null;
};
export const NOTHING_SEARCHED: SearchedPart = {
  windowName: null,
  items: [],
  backToSeq: null,
  fromSeq: null,
  cursor: null,
};

/** Found by one look, of many. */
const FOUND_MAX = 100;

/** What is being looked for right now, and how many events were looked at for it. */
export type RunningSearch = { what: "match" | "failure"; count: number };

export type EventSearch = {
  searched: SearchedPart;
  underWay: RunningSearch | null;
  error: unknown;
  /** Looks at what stands before the part that is loaded, or goes on where that ended. */
  searchFurther: (traceWindow: { name: string; firstSeq: number }) => void;
  /** The next failure from a place on, or the last one up to it, among all events; null: none, undefined: given up. */
  findFailure: (from: number, by: 1 | -1) => Promise<number | null | undefined>;
  stop: () => void;
};

type SearchState = { key: string; searched: SearchedPart; error: unknown };

/** A look that failed keeps what it had found until then, as far as that belongs to what is looked for. */
export function keepSearched(held: SearchState, key: string, error: unknown): SearchState {
  return { key, searched: held.key === key ? held.searched : NOTHING_SEARCHED, error };
}

/** Looks through a run's events on the server, a part at a time, so that a long log is searched whole. */
export function useEventSearch(runId: string, filter: TraceFilter): EventSearch {
  const client = useTRPCClient();
  const fetchPage = searchInputOf(filter);
  const key = JSON.stringify([runId, fetchPage]);
  const [held, setHeld] = useState<SearchState>({ key, searched: NOTHING_SEARCHED, error: null });
  const [underWay, setUnderWay] = useState<(RunningSearch & { key: string }) | null>(null);
  const running = useRef<AbortController | null>(null);
  const searched = held.key === key ? held.searched : NOTHING_SEARCHED;

  // What was looked for by another filter is not waited for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key is what ends the look before it.
  useEffect(() => () => running.current?.abort(), [key]);

  const search = async (
    what: RunningSearch["what"],
    input: { order: "newest" | "oldest"; fromSeq: number; isFailed?: true; limit?: number; cursor?: string },
    onPage: (page: FoundEventPage) => void,
  ): Promise<FoundEventPage | null> => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    const { cursor, ...rest } = input;
    setUnderWay({ key, what, count: 0 });
    let count = 0;
    try {
      return await searchPages(
        (cursor) =>
          client.events.search.query(
            { runId, ...fetchPage, ...rest, ...(cursor === undefined ? {} : { cursor }) },
            { signal: stop.signal },
          ),
        {
          ...(cursor === undefined ? {} : { cursor }),
          signal: stop.signal,
          onPage: (page) => {
            if (page.searched !== null) count += page.searched.lastSeq - page.searched.firstSeq + 1;
            setUnderWay({ key, what, count });
            onPage(page);
          },
        },
      );
    } catch (error) {
      if (!stop.signal.aborted) setHeld((now) => keepSearched(now, key, error));
      return null;
    } finally {
      if (running.current === stop) {
        running.current = null;
        setUnderWay(null);
      }
    }
  };

  const searchFurther: EventSearch["searchFurther"] = (traceWindow) => {
    const before = searched.windowName === traceWindow.name ? searched : NOTHING_SEARCHED;
    const fromSeq = before.fromSeq ?? traceWindow.firstSeq - 1;
    let now: SearchedPart = { ...before, windowName: traceWindow.name, fromSeq };
    const resumed = before.cursor === null ? {} : { cursor: before.cursor };
    void search("match", { order: "newest", fromSeq, limit: FOUND_MAX, ...resumed }, (page) => {
      now = {
        ...now,
        items: [...page.items.toReversed(), ...now.items],
        backToSeq: page.searched?.firstSeq ?? now.backToSeq,
        cursor: page.cursor,
      };
      setHeld({ key, searched: now, error: null });
    });
  };

  const findFailure = async (from: number, by: 1 | -1): Promise<number | null | undefined> => {
    const page = await search(
      "failure",
      { order: by === 1 ? "oldest" : "newest", fromSeq: from, isFailed: true, limit: 1 },
      () => {},
    );
    return page === null ? undefined : (page.items[0]?.seq ?? null);
  };

  return {
    searched,
    underWay: underWay?.key === key ? underWay : null,
    error: held.key === key ? held.error : null,
    searchFurther,
    findFailure,
    stop: () => running.current?.abort(),
  };
}
