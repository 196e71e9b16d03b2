import { cn } from "@/components/ui/class-names";
import { formatBytes, formatPlural } from "@/components/ui/format";
import type { StorageSummary } from "@/contract/storage";
import { NEARLY_FULL, shareOf } from "./fill";

const shareWords = (share: number | null) => (share === null ? "" : ` (${Math.round(share * 100)}%)`);

/** How full a volume was when it was last measured, of how much it takes. */
export function VolumeFill({ summary }: { summary: StorageSummary }) {
  const { sizeBytes, capacityBytes, filesCount } = summary;
  if (sizeBytes === null) return <p className="text-sm text-ink-3">Not measured yet: its first turn does.</p>;
  const isGone = summary.storageState === "evicted";
  const share = shareOf(summary);
  const isNearlyFull = share !== null && share >= NEARLY_FULL;
  return (
    <div className="flex flex-col gap-1.5">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-lg font-semibold tracking-tight tabular-nums">{formatBytes(sizeBytes)}</span>
        <span className="text-xs text-ink-2">
          {capacityBytes !== null && `of ${formatBytes(capacityBytes)}${shareWords(share)}, `}
          in {formatPlural(filesCount ?? 0, "file")}
          {isGone && ", before its eviction"}
        </span>
        {isNearlyFull && <span className="text-xs font-medium text-warn">nearly full</span>}
      </p>
      {share !== null && (
        <meter
          className="sr-only"
          aria-label="Volume in use"
          min={0}
          max={capacityBytes ?? 0}
          value={Math.min(sizeBytes, capacityBytes ?? 0)}
        >
          {Math.round(share * 100)}%
        </meter>
      )}
      {share !== null && (
        <span aria-hidden className="h-1.5 overflow-hidden rounded-full bg-sunken">
          <span
            className={cn("block h-full min-w-0.5 rounded-full", isNearlyFull ? "bg-warn" : "bg-accent-fill")}
            style={{ width: `${Math.min(100, share * 100)}%` }}
          />
        </span>
      )}
    </div>
  );
}
