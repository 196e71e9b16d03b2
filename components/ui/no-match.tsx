import { Button } from "./button";
import { EmptyState } from "./page";

type NoMatchProps = {
  one: string;
  action?: string;
  onClear: () => void;
  /** The nearest wider list, where there is one between this and all. */
  wider?: { without: string; onWiden: () => void } | null;
};

/** A list of which the filter leaves nothing, and the way back. */
export function NoMatch({ one, action = "Clear filters", onClear, wider = null }: NoMatchProps) {
  return (
    <EmptyState
      title={`No matching ${one}s`}
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
      Try removing a filter.
    </EmptyState>
  );
}
