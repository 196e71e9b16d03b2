"use client";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useEffect, useState } from "react";
import { useFrames } from "@/components/live/provider";
import { useTRPC } from "@/components/trpc/client";
import { runPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { formatPlural, shortenId } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/load-more";
import { NewPill } from "@/components/ui/new-pill";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RUN_STATUSES } from "@/contract/words";
import { RUN_FILTERS, runsInput } from "./filter";
import { RunsTable } from "./runs-table";

/** The runs list: rows change in place, new ones wait behind a pill. */
export function RunsView() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [filter, setFilter] = useQueryStates(RUN_FILTERS, { history: "replace" });
  const options = runPages(trpc, runsInput(filter));
  const query = useInfiniteQuery(options);
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [newIds, setNewIds] = useState<ReadonlySet<string>>(new Set());
  useFrames("run", (run) => {
    if (runs.some((known) => known.id === run.id)) return;
    const isShown =
      (filter.status === null || filter.status === run.status) &&
      (filter.profile === null || filter.profile === run.backendProfile);
    const isOfSession = filter.session === null || filter.session === run.sessionRef?.sessionId;
    if (isShown && isOfSession) setNewIds((ids) => new Set([...ids, run.id]));
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter has other news.
  useEffect(() => setNewIds(new Set()), [filter]);
  const unlisted = [...newIds].filter((id) => !runs.some((known) => known.id === id));
  const isFiltered = filter.status !== null || filter.profile !== null || filter.session !== null;

  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Runs" description="Every piece of work: on a session, by one runner at a time.">
        <search className="flex flex-wrap items-center gap-2">
          <Select
            aria-label="Status"
            className="w-auto"
            value={filter.status ?? ""}
            onChange={(event) =>
              void setFilter({ status: RUN_STATUSES.find((status) => status === event.target.value) ?? null })
            }
          >
            <option value="">Any status</option>
            {RUN_STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </Select>
          <Select
            aria-label="Profile"
            className="w-auto"
            value={filter.profile ?? ""}
            onChange={(event) => void setFilter({ profile: event.target.value || null })}
          >
            <option value="">Any profile</option>
            {backends.map((backend) => (
              <option key={backend.profile}>{backend.profile}</option>
            ))}
          </Select>
          {filter.session !== null && (
            <Button size="sm" onClick={() => void setFilter({ session: null })}>
              session: {shortenId(filter.session)} <X aria-hidden className="size-3" />
            </Button>
          )}
        </search>
      </PageHeader>
      <NewPill
        count={unlisted.length}
        one="new run"
        onShow={() => {
          setNewIds(new Set());
          void client.invalidateQueries({ queryKey: options.queryKey });
        }}
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            runs.length === 0 ? (
              <EmptyState
                title={isFiltered ? "No run matches this filter" : "No runs yet"}
                action={isFiltered && <Button onClick={() => void setFilter(null)}>Clear the filter</Button>}
              >
                {isFiltered
                  ? "There may be others: the filter hides them."
                  : "The first message of a session makes one."}
              </EmptyState>
            ) : (
              <>
                <RunsTable runs={runs} />
                <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
                  {formatPlural(runs.length, "run")}
                  <LoadMore query={query} />
                </p>
              </>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}
