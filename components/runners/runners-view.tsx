"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Profile } from "@/components/sessions/demo-label";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { runnerPages } from "@/components/trpc/lists";
import { useHydratedNow } from "@/components/ui/clock";
import { Id } from "@/components/ui/copy";
import { shortenId } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/load-more";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { type Column, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import type { Runner } from "@/contract/runner";

/** A quarter of the usual lease of 20 s is one beat; two missed ones are late, a lease without any is lost. */
const LATE_MS = 12_000;
const LOST_MS = 20_000;
const REFRESH_MS = 5_000;

const COLUMNS: Column<Runner>[] = [
  { name: "Heartbeat", cell: (runner) => <Beat runner={runner} /> },
  { name: "Runner", isLead: true, cell: (runner) => <Id id={runner.id} /> },
  {
    name: "Run",
    cell: (runner) =>
      runner.runId === null ? (
        <span className="text-ink-3">none</span>
      ) : (
        <Link href={runAddress(runner.runId)} className="font-mono text-xs hover:underline">
          {shortenId(runner.runId)}
        </Link>
      ),
  },
  {
    name: "Attempt",
    isWideOnly: true,
    cell: (runner) => (runner.attemptId === null ? null : <Id id={runner.attemptId} />),
  },
  {
    name: "Profile",
    isWideOnly: true,
    cell: (runner) => (runner.backendProfile === null ? null : <Profile profile={runner.backendProfile} />),
  },
  { name: "Place", isWideOnly: true, className: "text-ink-2", cell: (runner) => runner.placement },
  {
    name: "Build",
    isWideOnly: true,
    className: "font-mono text-xs text-ink-2",
    cell: (runner) => runner.sourceCommit?.slice(0, 12),
  },
  {
    name: "Registered",
    className: "whitespace-nowrap text-ink-2 sm:text-right",
    cell: (runner) => <Time at={runner.registeredAt} />,
  },
];

/** Without the columns that no runner of the list has anything for. */
function columnsFor(runners: readonly Runner[]): Column<Runner>[] {
  const empty = new Set<string>();
  if (runners.every((runner) => runner.placement === null)) empty.add("Place");
  if (runners.every((runner) => runner.sourceCommit === null)) empty.add("Build");
  return COLUMNS.filter((column) => !empty.has(column.name));
}

function Beat({ runner }: { runner: Runner }) {
  const nowMs = useHydratedNow();
  const ageMs = nowMs === null ? LATE_MS : nowMs - Date.parse(runner.heartbeatAt);
  const [state, word] =
    ageMs < LATE_MS ? ["live", "beating"] : ageMs < LOST_MS ? ["late", "late"] : ["ended", "silent"];
  return (
    <span className="inline-flex items-center gap-2" suppressHydrationWarning>
      <State state={state ?? "ended"} word={word} />
      <Time at={runner.heartbeatAt} className="text-xs text-ink-3" />
    </span>
  );
}

/** Runners that have registered, the newest first, and when each was last heard of. */
export function RunnersView() {
  const trpc = useTRPC();
  const query = useInfiniteQuery({ ...runnerPages(trpc), refetchInterval: REFRESH_MS });
  const runners = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Runners"
        description="The processes that claim runs and drive agents. A silent one has ended, or is being ended."
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            runners.length === 0 ? (
              <EmptyState title="No runner has registered">One is launched when a run has work to do.</EmptyState>
            ) : (
              <>
                <Table label="Runners" rows={runners} columns={columnsFor(runners)} keyOf={(runner) => runner.id} />
                {query.hasNextPage && (
                  <p className="p-4 text-center">
                    <LoadMore query={query} />
                  </p>
                )}
              </>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}
