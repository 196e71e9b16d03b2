import { ArrowRight, ListFilter } from "lucide-react";
import Link from "next/link";
import { cn } from "@/components/ui/class-names";

type TileProps = {
  name: string;
  value: React.ReactNode;
  note: string;
  /** What ends the note and goes with the clock. */
  noteMore?: React.ReactNode;
  /** Its course, below. */
  sparkline?: React.ReactNode;
  tone?: string;
  isOn?: boolean;
  onPress?: () => void;
  /** Where what it counts is listed. */
  href?: string;
};

/** One figure of a row of them, in a `dl`; one that can be pressed narrows what is shown below, or leads there. */
export function Tile({ name, value, note, noteMore, sparkline, tone, isOn, onPress, href }: TileProps) {
  return (
    <div
      data-pointed
      className={cn(
        "relative flex min-w-0 touch-pan-y flex-col bg-panel px-3 py-2.5 max-sm:px-2 has-focus-visible:z-10 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
        (onPress ?? href) !== undefined && "hover:bg-hover",
        isOn && "bg-accent-soft",
      )}
    >
      <dt className="flex items-center justify-between gap-1 text-xs text-ink-2">
        <span className="truncate max-sm:tracking-tight">{name}</span>
        {onPress !== undefined && (
          <ListFilter aria-hidden className={cn("size-3 shrink-0", isOn ? "text-accent" : "text-ink-3")} />
        )}
        {href !== undefined && <ArrowRight aria-hidden className="size-3 shrink-0 text-ink-3" />}
      </dt>
      <dd className={cn("truncate text-lg leading-7 font-semibold tracking-tight tabular-nums", tone)}>
        {href !== undefined && (
          <Link
            href={href}
            aria-label={`${name}: ${value}, show them`}
            className="outline-none after:absolute after:inset-0"
          >
            {value}
          </Link>
        )}
        {href === undefined && onPress === undefined && value}
        {onPress !== undefined && (
          <button
            type="button"
            aria-pressed={isOn}
            aria-label={`${name}: ${value}, show these alone`}
            onClick={onPress}
            className="outline-none after:absolute after:inset-0"
          >
            {value}
          </button>
        )}
      </dd>
      <dd className="truncate text-2xs text-ink-3" title={note}>
        {note}
        {noteMore}
      </dd>
      {sparkline !== undefined && <dd className="mt-1">{sparkline}</dd>}
    </div>
  );
}
