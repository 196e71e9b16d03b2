"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { useMemo } from "react";
import { useArrangement } from "@/components/arrange/use-arrangement";
import { useGroups } from "@/components/arrange/use-groups";
import { useBulk } from "@/components/bulk/use-bulk";
import { DocLink } from "@/components/docs/doc-link";
import { isFurtherDown, useNewRows } from "@/components/live/new-rows";
import { useFrames } from "@/components/live/provider";
import { PeekedPage } from "@/components/peek/peeked-page";
import { usePeek } from "@/components/peek/use-peek";
import { useQueryWidening } from "@/components/query/use-query-widening";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { runPages } from "@/components/trpc/lists";
import { buttonStyle } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CallHint } from "@/components/ui/curl/call-hint";
import { shortenId } from "@/components/ui/format";
import { type EmptyListProps, ListFoot, NoMatch } from "@/components/ui/list/list-states";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { toServerTime } from "@/components/ui/time/clock";
import { RUN_QUERY, type RunGroup } from "@/contract/query/runs";
import type { RunSummary } from "@/contract/run";
import { DEMO_PROFILE } from "@/contract/words";
import { Failures } from "./failures";
import { filterWords, fits, isFiltered, RUN_FILTERS, type RunFilter, runsInput } from "./filter";
import { RUN_GROUPINGS } from "./groups";
import { RunFilters } from "./run-filters";
import { RunsTable } from "./runs-table";

const RunPeek = dynamic(() => import("./run-peek").then((module) => module.RunPeek), { ssr: false });

const idOf = ({ id }: RunSummary) => id;

/** The runs list: rows change in place, new ones wait behind a pill. */
export function RunsView() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(RUN_FILTERS, { history: "replace" });
  const options = runPages(trpc, runsInput(filter));
  const query = useInfiniteQuery(options);
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { arrangement } = useArrangement(RUN_QUERY);
  const grouping = arrangement.group === null ? null : RUN_GROUPINGS[arrangement.group as RunGroup];
  const { shown, ids, keys } = useGroups({ rows: runs, idOf, grouping });
  const onChange = (change: Partial<RunFilter> | null) => void setFilter(change);
  const widening = useQueryWidening(RUN_QUERY, filter, onChange);
  const newRows = useNewRows({
    ids: runs.map(idOf),
    ...{ isRead: query.data !== undefined, filter, queryKey: options.queryKey },
  });
  useFrames("run", (run) => {
    if (
      !isFurtherDown(run.createdAt, runs.at(-1)?.createdAt, query.hasNextPage) &&
      fits(filter, run, toServerTime(Date.now()))
    )
      newRows.note(run.id);
  });

  const canOperate = useCanOperate();
  const bulk = useBulk({
    ...{ kind: "run", ids, filter: runsInput(filter), filterText: filterWords(filter), hasMore: query.hasNextPage },
    labelOf: (id) => runs.find((run) => run.id === id)?.title ?? shortenId(id),
    canDo: () => canOperate,
  });
  const peek = usePeek({
    ...{ rows: runs, idOf, noun: "run", isRead: query.data !== undefined, selection: bulk.selection },
  });
  usePageKeys([...bulk.keys, ...keys, peek.key]);

  return (
    <PeekedPage
      {...{ bulk, peek, newRows }}
      noun="run"
      header={
        <PageHeader title="Runs" description="Each run works on one session, with one runner at a time.">
          <RunFilters filter={filter} onChange={onChange} />
          <Failures filter={filter} onChange={onChange} />
        </PageHeader>
      }
    >
      <div
        className={cn("scroll-thin min-h-0 min-w-0 flex-1 overflow-y-auto bg-panel", shown !== null && "scroll-pt-14")}
      >
        <QueryView query={query}>
          {() =>
            runs.length === 0 ? (
              <EmptyList hasFilter={isFiltered(filter)} widening={widening} onClear={() => onChange(null)} />
            ) : (
              <>
                <RunsTable
                  runs={runs}
                  choice={bulk.rows}
                  lookedInto={peek.row?.id ?? null}
                  columns={arrangement.columns}
                  groups={shown}
                  hasMore={query.hasNextPage}
                />
                <ListFoot count={runs.length} noun="run" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {peek.row !== null && <RunPeek run={peek.row} onClose={peek.close} />}
      {peek.missing}
    </PeekedPage>
  );
}

function EmptyList({ hasFilter, widening, onClear }: EmptyListProps) {
  const canOperate = useCanOperate();
  if (hasFilter) {
    return <NoMatch noun="run" onClear={onClear} widening={widening} />;
  }
  return (
    <EmptyState
      title="No runs yet"
      action={
        canOperate && (
          <Link href="/sessions?new=true" className={buttonStyle({ variant: "primary" })}>
            New session
          </Link>
        )
      }
    >
      <p>
        Sessions and queue tasks create runs.{" "}
        <DocLink name="architecture" anchor="leases-and-fences">
          How runs are recovered
        </DocLink>
      </p>
      <CallHint
        label="Or create one with the API:"
        call={{ method: "POST", path: "/runs", body: { backendProfile: DEMO_PROFILE } }}
      />
    </EmptyState>
  );
}
