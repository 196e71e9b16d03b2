"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { bulkAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { bulkPages } from "@/components/trpc/lists";
import { CallHint } from "@/components/ui/curl/call-hint";
import { Choices } from "@/components/ui/form/choices";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ListFoot } from "@/components/ui/list/list-states";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { BulkAction } from "@/contract/bulk";
import { BULK_KEPT_DAYS, BULK_KINDS } from "@/contract/words";
import { BULK_LIST_FILTERS } from "./filter";
import { BulkState, Counts, progressOf } from "./progress";

const EXAMPLE = { kind: "task", action: "cancel", filter: { lane: "A lane" } };
const POLL_MS = 1_000;
const IDLE_POLL_MS = 15_000;
const CHOICES = ["all", ...BULK_KINDS] as const;
const STATE_NAMES = {
  all: "All",
  ...{ task: "Tasks", run: "Runs", session: "Sessions", volume: "Volumes", approval: "Approvals", runner: "Runners" },
};

/** What was done to many at once, the newest first, as long as it is kept. */
export function BulkListView() {
  const trpc = useTRPC();
  const [{ kind }, setFilter] = useQueryStates(BULK_LIST_FILTERS, { history: "replace" });
  const query = useInfiniteQuery({
    ...bulkPages(trpc, kind),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(({ endedAt }) => endedAt === null)) ? POLL_MS : IDLE_POLL_MS,
  });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Bulk actions"
        description={`Changes to several records at once. Kept for ${BULK_KEPT_DAYS} days; the audit log keeps them for good.`}
      >
        <Choices
          label="Kind"
          values={CHOICES}
          names={STATE_NAMES}
          value={kind ?? "all"}
          onChange={(next) => void setFilter({ kind: next === "all" ? null : next })}
        />
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            rows.length === 0 ? (
              <EmptyState title="No bulk actions yet">
                In a list, press <kbd>x</kbd> to select a row or <kbd>*</kbd> to select all, then pick an action in the
                bar above it.
                <CallHint label="Or start one with the API" call={{ method: "POST", path: "/bulk", body: EXAMPLE }} />
              </EmptyState>
            ) : (
              <>
                <Table label="Bulk actions" rows={rows} columns={COLUMNS} keyOf={({ id }) => id} />
                <ListFoot count={rows.length} noun="action" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}

const COLUMNS: Column<BulkAction>[] = [
  {
    name: "Action",
    isLead: true,
    cell: (bulk) => (
      <Link
        href={bulkAddress(bulk.id)}
        prefetch={false}
        className="font-medium after:absolute after:inset-0 hover:underline"
      >
        {revealHidden(progressOf(bulk).title)}
      </Link>
    ),
  },
  { name: "State", cell: (bulk) => <BulkState bulk={bulk} /> },
  { name: "Results", className: "text-xs text-ink-2", cell: (bulk) => <Counts bulk={bulk} /> },
  {
    name: "Reason",
    className: "max-w-72 truncate text-xs text-ink-2",
    isWideOnly: true,
    cell: ({ reason }) => (reason === null ? null : <span title={revealHidden(reason)}>{revealHidden(reason)}</span>),
  },
  {
    name: "Started by",
    className: "text-xs text-ink-2",
    cell: ({ createdBy }) => operatorName(createdBy),
  },
  {
    name: "Started",
    className: "whitespace-nowrap text-xs text-ink-2 sm:text-right",
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];
