"use client";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useBulk } from "@/components/bulk/use-bulk";
import { DocLink } from "@/components/docs/doc-link";
import { useQueryWidening } from "@/components/query/use-query-widening";
import { nameOf } from "@/components/sessions/name";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { storagePages, storagePicture } from "@/components/trpc/lists";
import { CallHint } from "@/components/ui/curl/call-hint";
import { type EmptyListProps, ListFoot, NoMatch, StillLooking } from "@/components/ui/list/list-states";
import { useLoadUntilFound } from "@/components/ui/list/load-until-found";
import { NewPill } from "@/components/ui/list/new-pill";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { STORAGE_QUERY } from "@/contract/query/storage";
import { DEMO_PROFILE } from "@/contract/words";
import { BytesChart } from "./bytes-chart";
import { filterWords, isFiltered, matchingInput, type StorageFilter, scopeInput, storageInput } from "./filter";
import { StorageFilters } from "./storage-filters";
import { Totals } from "./totals";
import { useStorageFrames } from "./use-storage-frames";
import { VolumesTable } from "./volumes-table";

const ALL_SCOPES = { tenant: null, project: null };

type VolumesViewProps = { filter: StorageFilter; onChange: (change: Partial<StorageFilter> | null) => void };

/** Every volume: how much there is, where the bytes are, and the rows. */
export function VolumesView({ filter, onChange }: VolumesViewProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const options = storagePages(trpc, storageInput(filter));
  const query = useInfiniteQuery(options);
  const allVolumes = useQuery(storagePicture(trpc, scopeInput(ALL_SCOPES)));
  const scoped = useQuery({ ...storagePicture(trpc, scopeInput(filter)), placeholderData: allVolumes.data });
  // By size a row may be on two pages, when it shrank between them.
  const volumes = useMemo(() => {
    const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
    return [...new Map(rows.map((volume) => [volume.sessionId, volume])).values()];
  }, [query.data]);
  const ids = useMemo(() => volumes.map(({ sessionId }) => sessionId), [volumes]);
  const totals = scoped.data?.totals ?? null;
  const largest = Math.max(
    allVolumes.data?.items[0]?.sizeBytes ?? 0,
    ...volumes.map(({ sizeBytes }) => sizeBytes ?? 0),
  );
  const { unlisted, forget } = useStorageFrames(volumes, filter);
  const widening = useQueryWidening(STORAGE_QUERY, filter, onChange);
  const canOperate = useCanOperate();
  const bulk = useBulk({
    ...{
      kind: "volume",
      ids,
      filter: matchingInput(filter),
      filterText: filterWords(filter),
      hasMore: query.hasNextPage,
    },
    labelOf: (id) => nameOf(volumes.find(({ sessionId }) => sessionId === id) ?? { title: null }),
    canDo: () => canOperate,
  });
  usePageKeys(bulk.keys);
  const isLooking = useLoadUntilFound(query, volumes.length);
  const showNew = () => {
    forget();
    void client.invalidateQueries({ queryKey: options.queryKey });
  };
  // An empty list has no rows that could jump.
  useEffect(() => {
    if (query.data !== undefined && volumes.length === 0 && unlisted.length > 0) showNew();
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc lets go of what is chosen.
    <div onKeyDown={bulk.onKeyDown}>
      <div className="flex flex-col gap-4 p-4 lg:p-6">
        {totals !== null && <Totals totals={totals} filter={filter} onChange={onChange} />}
        {allVolumes.data?.totals && (
          <BytesChart
            projects={allVolumes.data.totals.projects}
            largest={allVolumes.data.items}
            chosenLargest={scoped.data?.items ?? []}
            scope={filter}
            onChange={onChange}
          />
        )}
      </div>
      <div className="z-20 border-y bg-panel px-4 py-2.5 lg:sticky lg:top-0 lg:px-6">
        <StorageFilters filter={filter} states={totals?.states ?? []} onChange={onChange} />
      </div>
      <NewPill count={unlisted.length} noun="new volume" onShow={showNew} />
      <div className="bg-panel">
        <QueryView query={query} skeleton={<TableSkeleton />}>
          {() =>
            isLooking ? (
              <StillLooking>Searching more volumes…</StillLooking>
            ) : volumes.length === 0 ? (
              <EmptyList hasFilter={isFiltered(filter)} widening={widening} onClear={() => onChange(null)} />
            ) : (
              <>
                <VolumesTable volumes={volumes} largest={largest} choice={bulk.rows} />
                <ListFoot count={volumes.length} noun="volume" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {/* Below the rows: above them it would move what the pointer is on. */}
      <div className="sticky bottom-0 z-20">{bulk.bar}</div>
    </div>
  );
}

function EmptyList({ hasFilter, widening, onClear }: EmptyListProps) {
  if (!hasFilter)
    return (
      <EmptyState title="No volumes yet">
        Each session gets a volume when it is created. <DocLink name="storage">What is kept where</DocLink>
        <CallHint
          label="Create a session with the API:"
          call={{ method: "POST", path: "/sessions", body: { backendProfile: DEMO_PROFILE } }}
        />
      </EmptyState>
    );
  return <NoMatch noun="volume" onClear={onClear} widening={widening} />;
}
