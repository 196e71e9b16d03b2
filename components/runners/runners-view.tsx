"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useMemo } from "react";
import { useBulk } from "@/components/bulk/use-bulk";
import { DocLink } from "@/components/docs/doc-link";
import { isFurtherDown, useNewRows } from "@/components/live/new-rows";
import { useFrames, useWatched } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { PeekedPage } from "@/components/peek/peeked-page";
import { usePeek } from "@/components/peek/use-peek";
import { type QueryWidening, useQueryWidening } from "@/components/query/use-query-widening";
import { NEW_TASK_CALL } from "@/components/queue/add/new-task-call";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { runnerFigures, runnerPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { shortenId } from "@/components/ui/format";
import { ListFoot, NoMatch } from "@/components/ui/list/list-states";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { toServerTime } from "@/components/ui/time/clock";
import { WhenSeen } from "@/components/ui/when-seen";
import { RUNNER_QUERY } from "@/contract/query/runners";
import type { Runner } from "@/contract/runner";
import { filterWords, fits, isFiltered, RUNNER_FILTERS, type RunnerFilter, runnersInput, shownState } from "./filter";
import { RunnerFilters } from "./runner-filters";
import { RunnerTiles } from "./runner-tiles";
import { RunnersTable } from "./runners-table";

const Pictures = dynamic(() => import("./runner-charts").then((module) => module.RunnerCharts), {
  ssr: false,
  loading: () => <div className="min-h-58" />,
});
const RunnerPeek = dynamic(() => import("./runner-peek").then((module) => module.RunnerPeek), { ssr: false });

/** Figures may lag behind the rows, which the stream patches as they change. */
const FIGURES_REFETCH_WAIT_MS = 800;

const idOf = ({ id }: Runner) => id;

/** The runners list: states and beats change in place, new ones wait behind a pill. */
export function RunnersView() {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(RUNNER_FILTERS, { history: "replace" });
  const options = runnerPages(trpc, runnersInput(filter));
  const query = useInfiniteQuery(options);
  const stats = useQuery(runnerFigures(trpc)).data;
  const runners = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const ids = useMemo(() => runners.map(idOf), [runners]);
  const onChange = (change: Partial<RunnerFilter> | null) => void setFilter(change);
  const widening = useQueryWidening(RUNNER_QUERY, filter, onChange);
  const newRows = useNewRows({
    ids,
    ...{ isRead: query.data !== undefined, filter, queryKey: options.queryKey },
  });
  const refetchFigures = useThrottledRefetch(FIGURES_REFETCH_WAIT_MS, trpc.runners.stats.pathKey());
  useWatched("runners");
  useFrames("runner", (runner) => {
    refetchFigures();
    if (
      !isFurtherDown(runner.registeredAt, runners.at(-1)?.registeredAt, query.hasNextPage) &&
      fits(filter, runner, toServerTime(Date.now()))
    )
      newRows.note(runner.id);
  });
  const bulk = useBulk({
    ...{
      kind: "runner",
      ids,
      filter: runnersInput(filter),
      filterText: filterWords(filter),
      hasMore: query.hasNextPage,
    },
    labelOf: shortenId,
    canDo: () => canOperate,
  });
  const peek = usePeek({
    ...{ rows: runners, idOf, noun: "runner", isRead: query.data !== undefined, selection: bulk.selection },
  });
  usePageKeys([...bulk.keys, peek.key]);

  return (
    <PeekedPage
      {...{ bulk, peek, newRows }}
      noun="runner"
      header={
        <PageHeader title="Runners" description="Processes that claim runs and drive agents.">
          <RunnerFilters filter={filter} placements={stats?.placements ?? []} onChange={onChange} />
        </PageHeader>
      }
    >
      <div className="scroll-thin min-h-0 min-w-0 flex-1 overflow-y-auto">
        <div className="p-4 lg:px-6">
          {stats !== undefined && (
            <RunnerTiles stats={stats} shown={shownState(filter)} onShow={(state) => onChange({ state })} />
          )}
        </div>
        <div className="border-y bg-panel">
          <QueryView query={query}>
            {() =>
              runners.length === 0 ? (
                <EmptyList filter={filter} widening={widening} onChange={onChange} />
              ) : (
                <>
                  <RunnersTable runners={runners} choice={bulk.rows} peekedId={peek.row?.id ?? null} />
                  <ListFoot count={runners.length} noun="runner" query={query} />
                </>
              )
            }
          </QueryView>
        </div>
        <div className="p-4 lg:px-6">
          <WhenSeen room="min-h-58">
            <Pictures />
          </WhenSeen>
        </div>
      </div>
      {peek.row !== null && <RunnerPeek runner={peek.row} onClose={peek.close} />}
      {peek.missing}
    </PeekedPage>
  );
}

type EmptyListProps = {
  filter: RunnerFilter;
  widening: QueryWidening | null;
  onChange: (change: Partial<RunnerFilter> | null) => void;
};

function EmptyList({ filter, widening, onChange }: EmptyListProps) {
  if (isFiltered(filter)) return <NoMatch noun="runner" onClear={() => onChange(null)} widening={widening} />;
  return (
    <EmptyState
      title="No live runners"
      action={<Button onClick={() => onChange({ state: "all" })}>Show ended runners</Button>}
    >
      <p>
        A runner is launched when a run has work, and ends after its last turn.{" "}
        <DocLink name="runs" anchor="what-a-runner-is">
          What a runner is
        </DocLink>
      </p>
      <CallHint label="A queue task launches one. Add one with the API:" call={NEW_TASK_CALL} />
    </EmptyState>
  );
}
