import type { ReactNode } from "react";
import { Button } from "./button";
import { formatPlural } from "./format";
import { LoadMore, type PagedQuery } from "./load-more";
import { EmptyState } from "./page";

/** How much of a list is shown, and the way to more of it. */
export function ListFoot({ count, one, query }: { count: number; one: string; query: PagedQuery }) {
  return (
    <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
      {formatPlural(count, one)}
      <LoadMore query={query} />
    </p>
  );
}

/** While a list is gone through for what matches. */
export function StillLooking({ children }: { children: ReactNode }) {
  return (
    <p className="p-6 text-center text-sm text-ink-3" role="status">
      {children}
    </p>
  );
}

type NoMatchProps = {
  one: string;
  action?: string;
  onClear: () => void;
  /** The nearest wider list, where there is one between this and all. */
  wider?: { without: string; onWiden: () => void } | null;
};

/** A list of which the filter leaves nothing, and the way back. */
export function NoMatch({ one, action = "Clear the filter", onClear, wider = null }: NoMatchProps) {
  return (
    <EmptyState
      title={`No ${one} matches this filter`}
      action={
        <span className="flex max-w-full flex-wrap justify-center gap-2">
          {wider !== null && (
            <Button className="max-w-full" title={wider.without} onClick={wider.onWiden}>
              <span className="truncate">Without {wider.without}</span>
            </Button>
          )}
          <Button onClick={onClear}>{action}</Button>
        </span>
      }
    >
      There may be others: the filter hides them.
    </EmptyState>
  );
}
