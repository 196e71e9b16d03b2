"use client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format";
import { SideMark } from "./side-name";
import { RUNS_MAX, type Side } from "./use-side";

/** What was left out of a side, or could not be read. */
export function Notes({ side }: { side: Side }) {
  const { read, filesError } = side;
  const error = read.error ?? filesError;
  const isPart = !read.isPending && read.readCount < read.eventCount;
  const notes = [
    ...(side.hasMoreRuns ? [`Only the newest ${RUNS_MAX} runs are compared.`] : []),
    ...(isPart
      ? [
          `Only the first ${read.readCount.toLocaleString("en")} of ${formatPlural(read.eventCount, "event")} were read.`,
        ]
      : []),
    ...(side.areFilesCut ? ["Some changes are missing here. See all of them on the Changes tab."] : []),
  ];
  if (notes.length === 0 && error === null) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md bg-warn-soft px-3 py-1.5 text-xs text-warn">
      <SideMark side={side.name} />
      {error !== null && (
        <span role="alert" className="text-bad">
          {readError(error).message}
        </span>
      )}
      {notes.map((note) => (
        <span key={note}>{note}</span>
      ))}
      {isPart && (
        <Button size="sm" onClick={side.readMore}>
          Load more
        </Button>
      )}
      {error !== null && (
        <Button
          size="sm"
          onClick={() => {
            read.retry();
            side.retryFiles();
          }}
        >
          Try again
        </Button>
      )}
    </div>
  );
}
