import type { EventPage, FoundEventPage, RunEvent } from "@/contract/event";

type SearchOptions = {
  /** Where an earlier look ended. */
  cursor?: string;
  signal: AbortSignal;
  /** Each page as it comes, also one that holds nothing. */
  onPage: (page: FoundEventPage) => void;
};

/** Asks page after page until one holds something, nothing is left to look at, or whoever asked has had enough. */
export async function searchPages(
  fetchPage: (cursor: string | undefined) => Promise<FoundEventPage>,
  { cursor, signal, onPage }: SearchOptions,
): Promise<FoundEventPage | null> {
  for (let at = cursor; ; ) {
    const page = await fetchPage(at);
    if (signal.aborted) return null;
    onPage(page);
    if (page.items.length > 0 || page.cursor === null) return page;
    at = page.cursor;
  }
}

const PAGE_EVENTS = 500;

type ExportOptions = {
  matches: (event: RunEvent) => boolean;
  signal: AbortSignal;
  /** How many were read, of how many. */
  onProgress: (read: number, of: number) => void;
};

/** Every event of a run that matches, as newline-delimited JSON in parts; null where it was given up. */
export async function exportEvents(
  fetchPage: (afterSeq: number, limit: number) => Promise<EventPage>,
  { matches, signal, onProgress }: ExportOptions,
): Promise<string[] | null> {
  const parts: string[] = [];
  for (let after = 0; ; ) {
    const { items, lastSeq } = await fetchPage(after, PAGE_EVENTS);
    if (signal.aborted) return null;
    const matching = items.filter(matches);
    if (matching.length > 0) parts.push(matching.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const last = items.at(-1);
    if (last === undefined) return parts;
    after = last.seq;
    onProgress(after, lastSeq);
    if (after >= lastSeq) return parts;
  }
}
