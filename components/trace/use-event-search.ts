"use client";
import { useEffect, useRef, useState } from "react";
import { useTRPCClient } from "@/components/trpc/client";
import type { FoundEvent, FoundEventPage } from "@/contract/event";
import { lookThrough } from "./look-through";
import { askFor, type TraceFilter } from "./trace-filter";

/** What has been found of what is not loaded, before the events that are. */
export type SearchedPart = {
  /** The part of the run that was loaded: what was found before one part says nothing of another. */
  part: string | null;
  /** The oldest first. */
  items: readonly FoundEvent[];
  /** The first event that was looked at; null where nobody looked yet. */
  backToSeq: number | null;
  /** A cursor belongs to the place where its search began. */
  fromSeq: number | null;
  cursor: string | null;
};
export const NOTHING_LOOKED: SearchedPart = { part: null, items: [], backToSeq: null, fromSeq: null, cursor: null };

/** Found by one look, of many. */
const FOUND_MAX = 100;

/** What is being looked for right now, and how many events were looked at for it. */
export type LookUnderWay = { what: "match" | "failure"; count: number };

export type EventSearch = {
  looked: SearchedPart;
  underWay: LookUnderWay | null;
  error: unknown;
  /** Looks at what stands before the part that is loaded, or goes on where that ended. */
  lookFurther: (part: { name: string; firstSeq: number }) => void;
  /** The next failure from a place on, or the last one up to it, among all events; null: none, undefined: given up. */
  findFailure: (from: number, by: 1 | -1) => Promise<number | null | undefined>;
  stop: () => void;
};

type SearchState = { key: string; looked: SearchedPart; error: unknown };

/** A look that failed keeps what it had found until then, as far as that belongs to what is looked for. */
export function keepLooked(held: SearchState, key: string, error: unknown): SearchState {
  return { key, looked: held.key === key ? held.looked : NOTHING_LOOKED, error };
}

/** Looks through a run's events on the server, a part at a time, so that a long log is searched whole. */
export function useEventSearch(runId: string, filter: TraceFilter): EventSearch {
  const client = useTRPCClient();
  const ask = askFor(filter);
  const key = JSON.stringify([runId, ask]);
  const [held, setHeld] = useState<SearchState>({ key, looked: NOTHING_LOOKED, error: null });
  const [underWay, setUnderWay] = useState<(LookUnderWay & { key: string }) | null>(null);
  const running = useRef<AbortController | null>(null);
  const looked = held.key === key ? held.looked : NOTHING_LOOKED;

  // What was looked for by another filter is not waited for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key is what ends the look before it.
  useEffect(() => () => running.current?.abort(), [key]);

  const look = async (
    what: LookUnderWay["what"],
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
      return await lookThrough(
        (cursor) =>
          client.events.search.query(
            { runId, ...ask, ...rest, ...(cursor === undefined ? {} : { cursor }) },
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
      if (!stop.signal.aborted) setHeld((now) => keepLooked(now, key, error));
      return null;
    } finally {
      if (running.current === stop) {
        running.current = null;
        setUnderWay(null);
      }
    }
  };

  const lookFurther: EventSearch["lookFurther"] = (part) => {
    const before = looked.part === part.name ? looked : NOTHING_LOOKED;
    const fromSeq = before.fromSeq ?? part.firstSeq - 1;
    let now: SearchedPart = { ...before, part: part.name, fromSeq };
    const resumed = before.cursor === null ? {} : { cursor: before.cursor };
    void look("match", { order: "newest", fromSeq, limit: FOUND_MAX, ...resumed }, (page) => {
      now = {
        ...now,
        items: [...page.items.toReversed(), ...now.items],
        backToSeq: page.searched?.firstSeq ?? now.backToSeq,
        cursor: page.cursor,
      };
      setHeld({ key, looked: now, error: null });
    });
  };

  const findFailure = async (from: number, by: 1 | -1): Promise<number | null | undefined> => {
    const page = await look(
      "failure",
      { order: by === 1 ? "oldest" : "newest", fromSeq: from, isFailed: true, limit: 1 },
      () => {},
    );
    return page === null ? undefined : (page.items[0]?.seq ?? null);
  };

  return {
    looked,
    underWay: underWay?.key === key ? underWay : null,
    error: held.key === key ? held.error : null,
    lookFurther,
    findFailure,
    stop: () => running.current?.abort(),
  };
}
