"use client";
import { type ReactNode, useId } from "react";
import type { FilledColumn } from "@/components/queue/use-columns";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";

type BoardColumnProps = {
  column: FilledColumn;
  /** On a phone one column is shown at a time. */
  isShownOnPhone: boolean;
  onTable: () => void;
  children: ReactNode;
};

/** A column: its name and how many it stands for, then its first cards as a list. */
export function BoardColumn({ column, isShownOnPhone, onTable, children }: BoardColumnProps) {
  const id = useId();
  const { cards, isLoading, error } = column;
  return (
    <section
      aria-labelledby={id}
      className={cn(
        "flex min-w-52 flex-1 flex-col rounded-lg border bg-sunken max-sm:min-w-0",
        !isShownOnPhone && "max-sm:hidden",
      )}
    >
      <h3 id={id} className="flex items-baseline justify-between gap-2 border-b px-3 py-2 text-xs font-semibold">
        <span className="truncate">{column.name}</span>{" "}
        <span className="font-normal text-ink-2 tabular-nums">
          {column.count ?? "…"}
          <span className="sr-only"> tasks</span>
        </span>
      </h3>
      {error !== null && (
        <p role="alert" className="m-2 rounded-md bg-bad-soft p-2 text-xs text-bad">
          {readError(error).message}{" "}
          <button type="button" className="underline" onClick={() => column.retry()}>
            Try again
          </button>
        </p>
      )}
      {isLoading && error === null && <Skeleton />}
      {!isLoading && cards.length === 0 && (
        <p className="p-3 text-center text-xs text-ink-3">{column.hasMore ? "None in the first tasks" : "None"}</p>
      )}
      {cards.length > 0 && (
        // biome-ignore lint/a11y/noRedundantRoles: some browsers drop a list's meaning once its markers are gone.
        <ul role="list" aria-labelledby={id} className="flex flex-col gap-2 p-2">
          {children}
        </ul>
      )}
      {column.hasMore && (
        <div className="mt-auto p-2 pt-0">
          <Button size="sm" variant="ghost" className="w-full" onClick={column.onMore ?? onTable}>
            {column.onMore === null ? "View all in the table" : "Load more"}
            <span className="sr-only"> of {column.name}</span>
          </Button>
        </div>
      )}
    </section>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="flex flex-col gap-2 p-2">
      {[0, 1].map((index) => (
        <div key={index} className="h-18 animate-appear-late rounded-md bg-hover" />
      ))}
    </div>
  );
}
