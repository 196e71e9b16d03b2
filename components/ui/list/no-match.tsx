import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";

export type NoMatchProps = {
  noun: string;
  action?: string;
  onClear: () => void;
  /** The nearest wider list, where there is one between this and all. */
  widening?: { without: string; onWiden: () => void } | null;
};

/** A list of which the filter leaves nothing, and the way back. */
export function NoMatch({ noun, action = "Clear filters", onClear, widening = null }: NoMatchProps) {
  return (
    <EmptyState
      title={`No matching ${noun}s`}
      action={
        <span className="flex max-w-full flex-wrap justify-center gap-2">
          {widening !== null && (
            <Button className="max-w-full" title={widening.without} onClick={widening.onWiden}>
              <span className="truncate">Without {widening.without}</span>
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
