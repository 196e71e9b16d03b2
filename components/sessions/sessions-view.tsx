"use client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsBoolean, useQueryState, useQueryStates } from "nuqs";
import { DocLink } from "@/components/docs/doc-link";
import { useNewRows } from "@/components/live/new-rows";
import { useFrames } from "@/components/live/provider";
import { useWider, type Wider } from "@/components/query/use-wider";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { sessionPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { ListFoot, NoMatch, StillLooking } from "@/components/ui/list-states";
import { useLookOn } from "@/components/ui/look-on";
import { NewPill } from "@/components/ui/new-pill";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { SESSION_QUERY } from "@/contract/query/sessions";
import { isFiltered, SESSION_FILTERS, type SessionFilter, sessionsInput } from "./filter";
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
  const onChange = (change: Partial<SessionFilter> | null) => void setFilter(change);
  const wider = useWider(SESSION_QUERY, filter, onChange);
  const options = sessionPages(trpc, sessionsInput(filter, readerId));
  const query = useInfiniteQuery(options);
  const sessions = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isLooking = useLookOn(query, sessions.length);
  const news = useNewRows({
    ids: sessions.map(({ sessionId }) => sessionId),
    ...{ isRead: query.data !== undefined, filter },
    onShow: () => void client.invalidateQueries({ queryKey: options.queryKey }),
  });
  useFrames("session", (frame) => {
    if (frame.kind !== "deleted") news.note(frame.sessionId);
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
        <SessionFilters filter={filter} onChange={onChange} />
      </PageHeader>
      <NewPill count={news.count} one="new session" onShow={news.show} />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            isLooking ? (
              <StillLooking>Looking through older sessions…</StillLooking>
            ) : sessions.length === 0 ? (
              <Nothing
                isFilter={isFiltered(filter)}
                wider={wider}
                onClear={() => onChange(null)}
                onNew={canOperate ? () => void setIsCreating(true) : null}
              />
            ) : (
              <>
                <SessionsTable sessions={sessions} />
                <ListFoot count={sessions.length} one="session" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {isCreating && <NewSessionDialog onClose={() => void setIsCreating(null)} />}
    </div>
  );
}

type NothingProps = { isFilter: boolean; wider: Wider | null; onClear: () => void; onNew: (() => void) | null };

function Nothing({ isFilter, wider, onClear, onNew }: NothingProps) {
  if (isFilter) {
    return <NoMatch one="session" onClear={onClear} wider={wider} />;
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
