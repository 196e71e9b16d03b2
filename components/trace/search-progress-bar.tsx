import { Search } from "lucide-react";
import { Button } from "@/components/ui/button";
import type { EventSearch } from "./use-event-search";

type SearchProgressBarProps = {
  search: EventSearch;
  isNarrowed: boolean;
  searchedCount: number;
  totalCount: number;
  /** Whether nothing is left before what was searched. */
  hasEnded: boolean;
  onFurther: () => void;
};

/** How much of a long run was searched, and the way to look at the rest of it. */
export function SearchProgressBar({
  search,
  isNarrowed,
  searchedCount,
  totalCount,
  hasEnded,
  onFurther,
}: SearchProgressBarProps) {
  const { underWay } = search;
  if (underWay === null && !isNarrowed) return null;
  const of = totalCount.toLocaleString("en");
  return (
    <div
      role="status"
      className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-b bg-accent-soft px-4 py-1 text-xs text-ink lg:px-6"
    >
      <Search aria-hidden className="size-3.5 shrink-0 text-ink-2" />
      {underWay !== null ? (
        <>
          <span>
            {underWay.what === "failure" ? "Searching for failures" : "Searching"}:{" "}
            {underWay.count.toLocaleString("en")} of {of} events
          </span>
          <Button size="sm" onClick={search.stop}>
            Stop
          </Button>
        </>
      ) : (
        <>
          <span>
            Searched {searchedCount.toLocaleString("en")} of {of} events
          </span>
          {!hasEnded && (
            <Button size="sm" onClick={onFurther}>
              Search earlier events
            </Button>
          )}
        </>
      )}
    </div>
  );
}
