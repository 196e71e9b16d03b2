import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { formatPlural } from "@/components/ui/format";
import { LoadMore, type PagedQuery } from "./load-more";
import type { NoMatchProps } from "./no-match";

/** How much of a list is shown, and the way to more of it. */
export function ListFoot({ count, noun, query }: { count: number; noun: string; query: PagedQuery }) {
  return (
    <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
      {formatPlural(count, noun)}
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

/** For what a list shows in place of its rows, where a filter may be why. */
export type EmptyListProps = {
  hasFilter: boolean;
  /** The nearest wider list, where there is one between this and all. */
  widening: NoMatchProps["widening"];
  onClear: () => void;
};

// Only where a filter leaves nothing.
export const NoMatch = dynamic(() => import("./no-match").then((module) => module.NoMatch));
