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

type NoMatchProps = { one: string; action?: string; onClear: () => void };

/** A list of which the filter leaves nothing, and the way back. */
export function NoMatch({ one, action = "Clear the filter", onClear }: NoMatchProps) {
  return (
    <EmptyState title={`No ${one} matches this filter`} action={<Button onClick={onClear}>{action}</Button>}>
      There may be others: the filter hides them.
    </EmptyState>
  );
}
