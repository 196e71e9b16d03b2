"use client";
import { Check, CircleDashed, Infinity as Forever, History, Pin, TriangleAlert } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { useHydratedNow } from "@/components/ui/time/clock";
import { Countdown, Time } from "@/components/ui/time/time";
import type { ArchiveOrder, StorageSummary } from "@/contract/storage";
import { NEARLY_FULL, shareOf } from "./fill";

/** A size, beside a bar of how full the volume is; where that is not known, in proportion to the largest shown. */
export function SizeBar({ summary, largest }: { summary: StorageSummary; largest: number }) {
  const { sizeBytes, filesCount } = summary;
  if (sizeBytes === null) return <span className="text-xs text-ink-3">Not measured</span>;
  const isGone = summary.storageState === "evicted";
  const share = shareOf(summary);
  const isNearlyFull = share !== null && share >= NEARLY_FULL;
  return (
    <span className="inline-flex w-full min-w-28 flex-col gap-1" title={`${sizeBytes.toLocaleString("en")} bytes`}>
      <span className="flex items-baseline justify-between gap-2 text-xs tabular-nums">
        <span className={cn("font-medium", isGone && "text-ink-3 line-through decoration-line-strong")}>
          {formatBytes(sizeBytes)}
          {isGone && <span className="sr-only"> before its eviction</span>}
        </span>
        <span className="text-2xs whitespace-nowrap text-ink-3">
          {filesCount !== null && formatPlural(filesCount, "file")}
          {filesCount !== null && share !== null && " · "}
          {share !== null && (
            <span
              className={cn(isNearlyFull && "font-medium text-warn")}
              title={`of ${formatBytes(summary.capacityBytes ?? 0)}`}
            >
              {Math.round(share * 100)}% full
            </span>
          )}
        </span>
      </span>
      <span aria-hidden className="h-1 rounded-full bg-sunken">
        {!isGone && (
          <span
            className={cn("block h-full min-w-0.5 rounded-full", isNearlyFull ? "bg-warn" : "bg-accent-fill")}
            style={{ width: `${Math.min(100, (share ?? sizeBytes / Math.max(1, largest)) * 100)}%` }}
          />
        )}
      </span>
    </span>
  );
}

/** Whether the archive holds all that the volume does, and how old it is. */
export function ArchiveMark({ summary }: { summary: StorageSummary }) {
  if (summary.archiveOrder !== null) return <OrderMark order={summary.archiveOrder} />;
  if (!summary.restorable) return <span className="text-xs text-ink-3">None</span>;
  const Icon = summary.isArchiveCurrent ? Check : History;
  return (
    <span className="inline-flex flex-col max-sm:flex-row max-sm:items-center max-sm:gap-1.5">
      <span
        className={cn(
          "inline-flex items-center gap-1 text-xs font-medium whitespace-nowrap",
          summary.isArchiveCurrent ? "text-good" : "text-warn",
        )}
      >
        <Icon aria-hidden className="size-3.5" /> {summary.isArchiveCurrent ? "Current" : "Behind"}
      </span>
      {summary.archivedAt !== null && (
        <Time at={summary.archivedAt} className="text-2xs whitespace-nowrap text-ink-3" />
      )}
    </span>
  );
}

/** That an archive was ordered, how far it is, and what its last try said. */
function OrderMark({ order: { state, tryCount, failure, nextTryAt } }: { order: ArchiveOrder }) {
  const isFailed = failure !== null;
  return (
    <span className="inline-flex flex-col" title={revealHidden(failure ?? undefined)}>
      <span
        className={cn(
          "inline-flex items-center gap-1 text-xs font-medium whitespace-nowrap",
          isFailed ? "text-warn" : "text-busy",
        )}
      >
        <CircleDashed aria-hidden className="size-3.5" />
        {state === "waiting" ? "requested" : "in progress"}
      </span>
      {isFailed && (
        <span className="text-2xs text-ink-3">
          failed {tryCount === 1 ? "once" : `${tryCount} times`}
          {state === "waiting" && (
            <>
              , again <Time at={nextTryAt} />
            </>
          )}
        </span>
      )}
    </span>
  );
}

/** When the volume may be collected, and what speaks against it. */
export function Expiry({ summary }: { summary: StorageSummary }) {
  return (
    <span className="inline-flex items-center gap-1.5 text-xs whitespace-nowrap tabular-nums">
      {summary.pinnedAt !== null && (
        <span
          title="Pinned: never evicted by a cleanup"
          className="inline-flex items-center gap-1 rounded-full bg-accent-soft px-1.5 py-0.5 text-2xs font-medium text-accent"
        >
          <Pin aria-hidden className="size-3" /> pinned
        </span>
      )}
      <ExpiresAt at={summary.collectableAt} isGone={summary.storageState === "evicted"} />
      {summary.expiresAt === null && summary.collectableAt !== null && (
        <span className="text-2xs text-ink-3" title="No expiry of its own. Evicted after a long idle time.">
          if idle
        </span>
      )}
    </span>
  );
}

function ExpiresAt({ at, isGone }: { at: string | null; isGone: boolean }) {
  const nowMs = useHydratedNow();
  if (at === null) {
    return (
      <span className="inline-flex items-center gap-1 text-ink-3">
        <Forever aria-hidden className="size-3.5" /> Never
      </span>
    );
  }
  if (nowMs !== null && Date.parse(at) <= nowMs) {
    return (
      <span className={cn("inline-flex items-center gap-1", isGone ? "text-ink-3" : "font-medium text-warn")}>
        {!isGone && <TriangleAlert aria-hidden className="size-3.5" />} expired <Time at={at} />
      </span>
    );
  }
  return (
    <time dateTime={at} title={at} suppressHydrationWarning className="text-ink-2">
      <Countdown to={at} />
    </time>
  );
}
