"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useTRPC } from "@/components/trpc/client";
import { storagePages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { formatBytes, formatPlural, shortenId } from "@/components/ui/format";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { type Column, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import type { StorageSummary } from "@/contract/storage";
import { STORAGE_STATES } from "@/contract/words";
import { GcPanel } from "./gc-panel";

const COLUMNS: Column<StorageSummary>[] = [
  { name: "State", cell: (summary) => <State state={summary.storageState} /> },
  {
    name: "Session",
    isLead: true,
    className: "max-sm:order-first",
    cell: (summary) => (
      <Link
        href={`/sessions/${encodeURIComponent(summary.sessionId)}?tab=storage`}
        className="font-mono text-xs font-medium after:absolute after:inset-0 hover:underline"
        title={summary.sessionId}
      >
        {shortenId(summary.sessionId)}
      </Link>
    ),
  },
  {
    name: "Volume",
    isWideOnly: true,
    className: "font-mono text-xs text-ink-2",
    cell: (summary) => summary.pvcName !== null && <span title={summary.pvcName}>{shortenId(summary.pvcName)}</span>,
  },
  {
    name: "Size",
    className: "whitespace-nowrap tabular-nums sm:text-right",
    cell: (summary) =>
      summary.sizeBytes === null ? <span className="text-ink-3">unknown</span> : formatBytes(summary.sizeBytes),
  },
  {
    name: "Files",
    isWideOnly: true,
    className: "text-right tabular-nums",
    cell: (summary) => summary.filesCount?.toLocaleString("en"),
  },
  {
    name: "Archive",
    cell: (summary) =>
      summary.restorable ? (
        <State isBare state="ready" word="restorable" />
      ) : (
        <span className="text-xs text-ink-3">none</span>
      ),
  },
  {
    name: "Measured",
    className: "whitespace-nowrap text-ink-2 sm:text-right",
    cell: (summary) => <Time at={summary.updatedAt} />,
  },
];

/** Where sessions live: their volumes, what each holds, and what the clean-up would do. */
export function StorageView() {
  const trpc = useTRPC();
  const [state, setState] = useQueryState("state", parseAsStringLiteral(STORAGE_STATES));
  const query = useInfiniteQuery(storagePages(trpc, state === null ? {} : { storageState: state }));
  const volumes = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shownBytes = volumes.reduce((sum, volume) => sum + (volume.sizeBytes ?? 0), 0);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Storage"
        description="Volumes are caches of sessions: the archive brings back what was evicted."
      >
        <search className="flex flex-wrap items-center gap-2">
          <Select
            aria-label="State"
            className="w-auto"
            value={state ?? ""}
            onChange={(event) => void setState(STORAGE_STATES.find((known) => known === event.target.value) ?? null)}
          >
            <option value="">Any state</option>
            {STORAGE_STATES.map((known) => (
              <option key={known}>{known}</option>
            ))}
          </Select>
          <span className="text-xs text-ink-3">{formatBytes(shownBytes)} in the rows shown</span>
        </search>
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <GcPanel />
        <div className="border-t bg-panel">
          <QueryView query={query}>
            {() =>
              volumes.length === 0 ? (
                <EmptyState
                  title={state === null ? "No volumes yet" : `No volume is ${state}`}
                  action={state !== null && <Button onClick={() => void setState(null)}>Show all</Button>}
                >
                  Each session gets one when it is made.
                </EmptyState>
              ) : (
                <>
                  <Table label="Volumes" rows={volumes} columns={COLUMNS} keyOf={(volume) => volume.sessionId} />
                  <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
                    {formatPlural(volumes.length, "volume")}
                    {query.hasNextPage && (
                      <Button size="sm" onClick={() => void query.fetchNextPage()}>
                        Load more
                      </Button>
                    )}
                  </p>
                </>
              )
            }
          </QueryView>
        </div>
      </div>
    </div>
  );
}
