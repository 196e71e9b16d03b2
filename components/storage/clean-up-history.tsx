"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { useTRPC } from "@/components/trpc/client";
import { collectionPages, HISTORY_POLL_MS } from "@/components/trpc/lists";
import { CallHint } from "@/components/ui/curl/call-hint";
import { formatBytes } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { LoadMore } from "@/components/ui/list/load-more";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { GcHistoryEntry } from "@/contract/storage";
import { Difference } from "./difference";
import { reasonWord } from "./explain";

const TRIGGERS: Record<GcHistoryEntry["trigger"], string> = { loop: "Automatic", cron: "Cron", person: "Manual" };

const COLUMNS: Column<GcHistoryEntry>[] = [
  { name: "When", isLead: true, className: "whitespace-nowrap", cell: (row) => <Time at={row.at} /> },
  {
    name: "Started",
    className: "whitespace-nowrap text-xs text-ink-2",
    cell: (row) => (
      <span title={revealHidden(row.actor)}>
        {TRIGGERS[row.trigger]}
        {row.trigger === "person" && ` · ${revealHidden(row.actor).replace(/^[a-z]+:/, "")}`}
      </span>
    ),
  },
  {
    name: "Evicted",
    className: "tabular-nums sm:text-right",
    cell: (row) => <Figure count={row.evicted} word="evicted" />,
  },
  {
    name: "Advanced",
    isWideOnly: true,
    className: "tabular-nums sm:text-right",
    cell: (row) => <Figure count={row.advanced} word="advanced" />,
  },
  { name: "Kept", className: "tabular-nums sm:text-right", cell: (row) => <Figure count={row.kept} word="kept" /> },
  {
    name: "Bytes",
    className: "whitespace-nowrap tabular-nums sm:text-right",
    cell: (row) => (row.bytes === 0 ? <span className="text-ink-3">0 B</span> : formatBytes(row.bytes)),
  },
  {
    name: "Dry run",
    className: "text-xs text-ink-2 max-sm:w-full",
    cell: (row) => <Difference difference={row.difference} />,
  },
  {
    name: "Reasons",
    className: "text-xs text-ink-2 sm:w-1/3 max-sm:w-full",
    cell: (row) => (
      <span className="line-clamp-2" title={row.reasons.map(({ reason, count }) => `${count} × ${reason}`).join("\n")}>
        {row.breaker !== null && (
          <span className="mr-1 inline-flex items-center gap-1 font-medium text-bad">
            <OctagonPause aria-hidden className="size-3.5" /> breaker open
          </span>
        )}
        {row.reasons
          .filter(({ reason }) => reasonWord(reason) !== "breaker-open")
          .map(({ reason, count }) => `${count} ${reasonWord(reason)}`)
          .join(", ")}
      </span>
    ),
  },
];

function Figure({ count, word }: { count: number; word: string }) {
  return (
    <span className={count === 0 ? "text-ink-3" : "font-medium"}>
      {count.toLocaleString("en")}
      <span className="font-normal text-ink-3 sm:hidden"> {word}</span>
    </span>
  );
}

/** The clean-ups that did or refused something, the newest first. */
export function CleanUpHistory() {
  const query = useInfiniteQuery({ ...collectionPages(useTRPC()), refetchInterval: HISTORY_POLL_MS });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="History">
      <QueryView query={query}>
        {() =>
          rows.length === 0 ? (
            <EmptyState title="No cleanups yet">
              Cleanups that find nothing to do are not listed.
              <CallHint
                label="Run one with the API:"
                call={{ method: "POST", path: "/sessions/storage/gc", body: { dryRun: false } }}
              />
            </EmptyState>
          ) : (
            <>
              <Table label="Cleanups" rows={rows} columns={COLUMNS} keyOf={(row) => row.id} />
              {query.hasNextPage && (
                <p className="p-3 text-center">
                  <LoadMore query={query} />
                </p>
              )}
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}
