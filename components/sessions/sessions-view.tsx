"use client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsBoolean, useQueryState, useQueryStates } from "nuqs";
import { useEffect, useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { useFrames } from "@/components/live/provider";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { sessionPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/load-more";
import { NewPill } from "@/components/ui/new-pill";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { isFiltered, SESSION_FILTERS, sessionsInput } from "./filter";
import { SessionFilters } from "./session-filters";
import { SessionsTable } from "./sessions-table";

const NewSessionDialog = dynamic(() => import("./new-session").then((module) => module.NewSessionDialog), {
  ssr: false,
});

/** The sessions list: rows change in place, new ones wait behind a pill. */
export function SessionsView() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const readerId = useReader();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(SESSION_FILTERS, { history: "replace" });
  const [isCreating, setIsCreating] = useQueryState("new", parseAsBoolean.withDefault(false));
  const options = sessionPages(trpc, sessionsInput(filter, readerId));
  const query = useInfiniteQuery(options);
  const sessions = query.data?.pages.flatMap((page) => page.items) ?? [];
  // A page of a search may be empty and yet not the last: the list is looked through in bounded steps.
  const isLooking = sessions.length === 0 && query.hasNextPage && !query.isError;
  useEffect(() => {
    if (isLooking && !query.isFetchingNextPage) void query.fetchNextPage();
  });
  const [newIds, setNewIds] = useState<ReadonlySet<string>>(new Set());

  useFrames("session", (frame) => {
    if (frame.kind === "deleted" || sessions.some((known) => known.sessionId === frame.sessionId)) return;
    setNewIds((ids) => new Set([...ids, frame.sessionId]));
  });
  const { dataUpdatedAt } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fresh list holds what was new.
  useEffect(() => setNewIds(new Set()), [filter]);
  const unlisted = [...newIds].filter((id) => !sessions.some((known) => known.sessionId === id));
  const showNew = () => {
    setNewIds(new Set());
    void client.invalidateQueries({ queryKey: options.queryKey });
  };
  // An empty list has no rows that could jump.
  useEffect(() => {
    if (sessions.length === 0 && unlisted.length > 0 && dataUpdatedAt > 0) showNew();
  });

  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Sessions"
        description="Conversations with agents. They outlive runners, restarts and volumes."
        actions={
          canOperate && (
            <Button look="primary" onClick={() => void setIsCreating(true)}>
              <Plus aria-hidden className="size-4" /> New session
            </Button>
          )
        }
      >
        <SessionFilters filter={filter} onChange={(change) => void setFilter(change)} />
      </PageHeader>
      <NewPill count={unlisted.length} one="new session" onShow={showNew} />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            isLooking ? (
              <p className="p-6 text-center text-sm text-ink-3" role="status">
                Looking through older sessions…
              </p>
            ) : sessions.length === 0 ? (
              <Nothing
                isFilter={isFiltered(filter)}
                onClear={() => void setFilter(null)}
                onNew={canOperate ? () => void setIsCreating(true) : null}
              />
            ) : (
              <>
                <SessionsTable sessions={sessions} />
                <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
                  {formatPlural(sessions.length, "session")}
                  <LoadMore query={query} />
                </p>
              </>
            )
          }
        </QueryView>
      </div>
      {isCreating && <NewSessionDialog onClose={() => void setIsCreating(null)} />}
    </div>
  );
}

function Nothing({ isFilter, onClear, onNew }: { isFilter: boolean; onClear: () => void; onNew: (() => void) | null }) {
  if (isFilter) {
    return (
      <EmptyState title="No session matches this filter" action={<Button onClick={onClear}>Clear the filter</Button>}>
        There may be others: the filter hides them.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No sessions yet"
      action={
        onNew !== null && (
          <Button look="primary" onClick={onNew}>
            New session
          </Button>
        )
      }
    >
      <p>
        A session is a conversation with an agent. Start one with the demo profile: it needs no key and no network.{" "}
        <DocLink name="glossary">What the words mean</DocLink>
      </p>
      <p className="mt-2">Programs make them by</p>
      <pre className="mt-1 overflow-x-auto rounded-md border bg-code p-2 text-left text-xs">
        POST /api/v1/sessions {'{"backendProfile": "demo"}'}
      </pre>
    </EmptyState>
  );
}
