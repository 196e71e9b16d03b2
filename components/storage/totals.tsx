"use client";
import { ListFilter } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { formatBytes, formatPlural } from "@/components/ui/format";
import type { StorageTotals } from "@/contract/storage";
import type { StorageFilter } from "./filter";

type TotalsProps = {
  totals: StorageTotals;
  filter: StorageFilter;
  onChange: (change: Partial<StorageFilter> | null) => void;
};

/** How much there is of everything; a figure that stands for rows shows them. */
export function Totals({ totals, filter, onChange }: TotalsProps) {
  return (
    <dl className="grid grid-cols-3 gap-px overflow-hidden rounded-lg border bg-line lg:grid-cols-6">
      <Tile name="Volumes" figure={totals.volumes.toLocaleString("en")} note={formatPlural(totals.files, "file")} />
      <Tile name="Bytes" figure={formatBytes(totals.bytes)} note="last measured" />
      <Tile
        name="Pinned"
        figure={totals.pinned.toLocaleString("en")}
        note="never collected"
        isOn={filter.pinned === true}
        onPress={() => onChange({ pinned: filter.pinned === true ? null : true })}
      />
      <Tile
        name="Expired"
        figure={totals.expired.toLocaleString("en")}
        note="due to go"
        tone={totals.expired > 0 ? "text-warn" : undefined}
        isOn={filter.expired === true}
        onPress={() => onChange({ expired: filter.expired === true ? null : true })}
      />
      <Tile
        name="Evicted"
        figure={totals.evicted.toLocaleString("en")}
        note="volume gone"
        isOn={filter.state === "evicted"}
        onPress={() => onChange({ state: filter.state === "evicted" ? null : "evicted" })}
      />
      <Tile name="Restorable" figure={totals.restorable.toLocaleString("en")} note="of the evicted" />
    </dl>
  );
}

type TileProps = {
  name: string;
  figure: string;
  note: string;
  tone?: string;
  isOn?: boolean;
  onPress?: () => void;
};

function Tile({ name, figure, note, tone, isOn, onPress }: TileProps) {
  return (
    <div
      className={cn(
        "relative flex min-w-0 flex-col bg-panel px-3 py-2.5 has-focus-visible:z-10 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
        onPress !== undefined && "hover:bg-hover",
        isOn && "bg-accent-soft",
      )}
    >
      <dt className="flex items-center justify-between gap-1 text-xs text-ink-2">
        <span className="truncate">{name}</span>
        {onPress !== undefined && (
          <ListFilter aria-hidden className={cn("size-3 shrink-0", isOn ? "text-accent" : "text-ink-3")} />
        )}
      </dt>
      <dd className={cn("truncate text-lg leading-7 font-semibold tracking-tight tabular-nums", tone)}>
        {onPress === undefined ? (
          figure
        ) : (
          <button
            type="button"
            aria-pressed={isOn}
            aria-label={`${name}: ${figure}, show these alone`}
            onClick={onPress}
            className="outline-none after:absolute after:inset-0"
          >
            {figure}
          </button>
        )}
      </dd>
      <dd className="truncate text-2xs text-ink-3">{note}</dd>
    </div>
  );
}
