"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { nameOf } from "@/components/sessions/name";
import { storageAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { expiredVolumes } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { formatBytes, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { GcEntry, GcReport, StorageSummary } from "@/contract/storage";
import { explainKeeper, explainTotals } from "./explain";
import { groupByReason } from "./group";

/** Longer lists start folded: what a report says stays on one screen. */
const UNFOLDED_MAX = 15;
type VolumesById = ReadonlyMap<string, StorageSummary>;

/** What a clean-up did or would do, with the reason for every row. */
export function CleanUpReport({ report }: { report: GcReport }) {
  const trpc = useTRPC();
  const expired = useQuery(expiredVolumes(trpc)).data?.items ?? [];
  const volumesById = new Map(expired.map((volume) => [volume.sessionId, volume]));
  const headings = report.dryRun
    ? { evicted: "Would evict", advanced: "Would advance" }
    : { evicted: "Evicted", advanced: "Advanced" };
  const { evicted, advanced, kept } = report.totals;
  return (
    <div role="status" aria-label="Cleanup result" className="border-t">
      <p className="px-4 py-2.5 text-sm font-medium">{explainTotals(report)}</p>
      <div className="grid gap-px border-t bg-line lg:grid-cols-3">
        <Entries
          title={headings.evicted}
          entries={report.evicted}
          total={evicted}
          volumesById={volumesById}
          tone="text-bad"
        />
        <Entries
          title={headings.advanced}
          entries={report.advanced}
          total={advanced}
          volumesById={volumesById}
          tone="text-warn"
        />
        <Entries title="Kept" entries={report.kept} total={kept} volumesById={volumesById} tone="text-good" />
      </div>
    </div>
  );
}

type EntriesProps = {
  title: string;
  entries: readonly GcEntry[];
  /** Of all, listed or not. */
  total: GcReport["totals"]["kept"];
  volumesById: VolumesById;
  tone: string;
};

function Entries({ title, entries, total, volumesById, tone }: EntriesProps) {
  const { volumes, bytes } = total;
  return (
    <section aria-label={title} className="min-w-0 bg-panel pb-2">
      <h3 className="flex items-baseline gap-2 px-4 pt-2.5 pb-1 text-xs font-semibold">
        {title}
        <span className={cn("tabular-nums", volumes > 0 ? tone : "text-ink-3")}>{volumes.toLocaleString("en")}</span>
        {bytes > 0 && <span className="ml-auto font-normal text-ink-3 tabular-nums">{formatBytes(bytes)}</span>}
      </h3>
      {entries.length === 0 && <p className="px-4 pb-1 text-xs text-ink-3">none</p>}
      {entries.length < volumes && (
        <p className="px-4 pb-1 text-xs text-ink-3">The first {entries.length.toLocaleString("en")} are listed.</p>
      )}
      {groupByReason(entries).map((group) => (
        <details key={group.reason} open={entries.length <= UNFOLDED_MAX} className="border-t px-4 py-1.5 text-xs">
          <summary className="marker:text-ink-3">
            <span className="font-medium">{explainKeeper(group.reason)}</span>{" "}
            <span className="text-ink-3 tabular-nums">{group.entries.length}</span>
          </summary>
          <ul className="mt-1 flex flex-col pl-4">
            {group.entries.map((entry) => (
              <Entry
                key={entry.sessionId}
                entry={entry}
                volume={volumesById.get(entry.sessionId)}
                isSame={entry.reason === group.reason}
              />
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}

type EntryProps = { entry: GcEntry; volume: StorageSummary | undefined; isSame: boolean };

function Entry({ entry, volume, isSame }: EntryProps) {
  return (
    <li className="py-0.5">
      <span className="flex min-w-0 items-baseline gap-2">
        <Link
          href={storageAddress(entry.sessionId)}
          title={entry.sessionId}
          className="min-w-0 truncate hover:underline"
        >
          {volume === undefined ? <code>{shortenId(entry.sessionId)}</code> : nameOf(volume)}
        </Link>
        {volume !== undefined && (
          <span className="ml-auto shrink-0 text-ink-3 tabular-nums">
            {volume.sizeBytes === null ? "Not measured" : formatBytes(volume.sizeBytes)}
          </span>
        )}
      </span>
      {!isSame && <span className="block text-ink-3">{revealHidden(entry.reason)}</span>}
    </li>
  );
}
