"use client";
import Link from "next/link";
import { formatDuration, formatPlural, sentence } from "@/components/ui/format";
import { revealHidden, revealHiddenInName } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { type Bar, nameBar, type View } from "./bars";
import { stateOf } from "./describe";
import { formatOffset } from "./offset";

const ROWS_MAX = 300;

type TimelineTableProps = {
  bars: readonly Bar[];
  view: View;
  startMs: number;
  hrefOf: (bar: Bar) => string;
  /** Off screen it is for screen readers, and takes no part in the order of the Tab key. */
  isShown: boolean;
};

/** The waterfall in words: what lies in its view, in the order in which it began. */
export function TimelineTable({ bars, view, startMs, hrefOf, isShown }: TimelineTableProps) {
  const inView = bars
    .filter((bar) => bar.endMs >= view.fromMs && bar.startMs <= view.toMs)
    .toSorted((a, b) => a.startMs - b.startMs);
  const columns: Column<Bar>[] = [
    {
      name: "What",
      isLead: true,
      className: "max-w-0 w-1/2 min-w-40 max-sm:max-w-none max-sm:w-full",
      cell: (bar) => <What bar={bar} href={isShown && bar.seq !== null ? hrefOf(bar) : null} />,
    },
    {
      name: "From",
      className: "whitespace-nowrap tabular-nums",
      cell: (bar) => <span title={new Date(bar.startMs).toISOString()}>{formatOffset(bar.startMs - startMs)}</span>,
    },
    {
      name: "Length",
      className: "whitespace-nowrap tabular-nums",
      cell: (bar) => formatDuration(bar.endMs - bar.startMs),
    },
    {
      name: "State",
      className: "text-ink-2",
      cell: (bar) => (bar.isOpen ? "In progress" : bar.lane === "time" ? "" : revealHidden(sentence(stateOf(bar)))),
    },
  ];
  const hiddenCount = Math.max(0, inView.length - ROWS_MAX);
  return (
    <div className={isShown ? "shrink-0 border-t" : "sr-only"}>
      <Table label="Timeline" rows={inView.slice(0, ROWS_MAX)} columns={columns} keyOf={(bar) => bar.key} />
      {hiddenCount > 0 && (
        <p className="px-4 py-2 text-xs text-ink-3 lg:px-6">
          {formatPlural(hiddenCount, "more row")} in this view. Zoom in to list them.
        </p>
      )}
    </div>
  );
}

function What({ bar, href }: { bar: Bar; href: string | null }) {
  const name = revealHiddenInName(nameBar(bar));
  const many = bar.count > 1 && bar.kind !== "many" ? ` (and ${bar.count - 1} more)` : "";
  return (
    <span className="block truncate" title={name}>
      {href === null ? (
        name
      ) : (
        <Link href={href} className="hover:underline">
          {name}
        </Link>
      )}
      {many}
    </span>
  );
}
