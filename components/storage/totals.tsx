"use client";
import { Tile } from "@/components/ui/chart/tile";
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
      <Tile name="Volumes" value={totals.volumes.toLocaleString("en")} note={formatPlural(totals.files, "file")} />
      <Tile name="Size" value={formatBytes(totals.bytes)} note="Last measured" />
      <Tile
        name="Pinned"
        value={totals.pinned.toLocaleString("en")}
        note="Never evicted"
        isOn={filter.pinned === true}
        onPress={() => onChange({ pinned: filter.pinned === true ? null : true })}
      />
      <Tile
        name="Expired"
        value={totals.expired.toLocaleString("en")}
        note="Due for cleanup"
        tone={totals.expired > 0 ? "text-warn" : undefined}
        isOn={filter.expired === true}
        onPress={() => onChange({ expired: filter.expired === true ? null : true })}
      />
      <Tile
        name="Evicted"
        value={totals.evicted.toLocaleString("en")}
        note="Volume removed"
        isOn={filter.state === "evicted"}
        onPress={() => onChange({ state: filter.state === "evicted" ? null : "evicted" })}
      />
      <Tile name="Restorable" value={totals.restorable.toLocaleString("en")} note="Evicted with an archive" />
    </dl>
  );
}
