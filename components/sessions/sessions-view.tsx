"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { parseAsBoolean, useQueryState, useQueryStates } from "nuqs";
import { useMemo } from "react";
import { useArrangement } from "@/components/arrange/use-arrangement";
import { useGroups } from "@/components/arrange/use-groups";
import { useBulk } from "@/components/bulk/use-bulk";
import { conversationSearchAddress } from "@/components/conversations/addresses";
import { canSearch } from "@/components/conversations/searchable";
import { DocLink } from "@/components/docs/doc-link";
import { PeekedPage } from "@/components/peek/peeked-page";
import { usePeek } from "@/components/peek/use-peek";
import { type QueryWidening, useQueryWidening } from "@/components/query/use-query-widening";
import { compareAddress } from "@/components/shell/addresses";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { sessionPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CallHint } from "@/components/ui/curl/call-hint";
import { copyCurl, withQuery } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ListFoot, NoMatch, StillLooking } from "@/components/ui/list/list-states";
import { useLoadUntilFound } from "@/components/ui/list/load-until-found";
import { MenuItem } from "@/components/ui/menu/menu";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { SessionGroup } from "@/contract/query/sessions";
import type { SessionSummary } from "@/contract/session";
import { DEMO_PROFILE } from "@/contract/words";
import { useSessionQuery } from "./columns";
import { CompareButton } from "./compare-button";
import { filterWords, isFiltered, SESSION_FILTERS, type SessionFilter, sessionsInput } from "./filter";
import { SESSION_GROUPINGS } from "./groups";
import { nameOf } from "./name";
import { SessionFilters } from "./session-filters";
import { SessionsTable } from "./sessions-table";
import { useSessionNews } from "./use-session-news";
import { useSilenceChecks } from "./use-silence-checks";

const NewSessionDialog = dynamic(() => import("./new-session").then((module) => module.NewSessionDialog), {
  ssr: false,
});

const SessionPeek = dynamic(() => import("./session-peek").then((module) => module.SessionPeek), { ssr: false });

const NEW_SESSION = { backendProfile: DEMO_PROFILE, title: "Fix the build" };
const idOf = ({ sessionId }: SessionSummary) => sessionId;

/** The sessions list: rows change in place, new ones wait behind a pill. */
export function SessionsView() {
  const trpc = useTRPC();
  const router = useRouter();
  const readerId = useReader();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(SESSION_FILTERS, { history: "replace" });
  const [isCreating, setIsCreating] = useQueryState("new", parseAsBoolean.withDefault(false));
  const onChange = (change: Partial<SessionFilter> | null) => void setFilter(change);
  const page = useSessionQuery();
  const widening = useQueryWidening(page, filter, onChange);
  const options = sessionPages(trpc, sessionsInput(filter, readerId));
  const query = useInfiniteQuery(options);
  const read = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const sessions = useSilenceChecks(read);
  const { arrangement } = useArrangement(page);
  const grouping = arrangement.group === null ? null : SESSION_GROUPINGS[arrangement.group as SessionGroup];
  const { shown, ids, keys } = useGroups({ rows: sessions, idOf, grouping });
  const isLooking = useLoadUntilFound(query, sessions.length);
  const newRows = useSessionNews({
    ids: sessions.map(idOf),
    ...{ isRead: query.data !== undefined, filter, queryKey: options.queryKey },
  });

  const bulk = useBulk({
    ...{ kind: "session", ids, filter: sessionsInput(filter, readerId), filterText: filterWords(filter) },
    hasMore: query.hasNextPage,
    labelOf: (id) => nameOf(sessions.find(({ sessionId }) => sessionId === id) ?? { title: null }),
    // A reader's own marks are for viewers too.
    canDo: (verb) => canOperate || verb === "read" || verb === "unread",
    more: (chosen) => chosen.size === 2 && <CompareButton onClick={compare} />,
  });
  const { cursor } = bulk.selection;
  const peek = usePeek({
    ...{ rows: sessions, idOf, noun: "session", isRead: query.data !== undefined, selection: bulk.selection },
  });
  function compare(): void {
    const [left = cursor, right] = bulk.selection.chosen;
    if (left !== null) router.push(compareAddress(left, right));
  }
  usePageKeys([...bulk.keys, ...keys, { keys: "=", name: "Compare selected sessions", run: compare }, peek.key]);

  return (
    <PeekedPage
      {...{ bulk, peek, newRows }}
      noun="session"
      header={
        <PageHeader
          title="Sessions"
          description="Conversations with agents"
          actions={
            <>
              <CurlMenu>
                <MenuItem
                  onSelect={() => void copyCurl({ path: withQuery("/sessions", sessionsInput(filter, readerId)) })}
                >
                  This list as curl
                </MenuItem>
                {canOperate && (
                  <MenuItem onSelect={() => void copyCurl({ method: "POST", path: "/sessions", body: NEW_SESSION })}>
                    New session as curl
                  </MenuItem>
                )}
              </CurlMenu>
              {canOperate && (
                <Button variant="primary" onClick={() => void setIsCreating(true)}>
                  <Plus aria-hidden className="size-4" /> New session
                </Button>
              )}
            </>
          }
        >
          <SessionFilters page={page} filter={filter} rows={sessions} onChange={onChange} />
          {canSearch(filter.search) && (
            <Link
              href={conversationSearchAddress(filter.search.trim())}
              className="min-h-6 self-start text-xs wrap-anywhere text-accent hover:underline"
            >
              Search conversations for “{revealHidden(filter.search.trim())}”
            </Link>
          )}
        </PageHeader>
      }
    >
      <div
        className={cn("scroll-thin min-h-0 min-w-0 flex-1 overflow-y-auto bg-panel", shown !== null && "scroll-pt-14")}
      >
        <QueryView query={query}>
          {() =>
            isLooking ? (
              <StillLooking>Searching older sessions…</StillLooking>
            ) : sessions.length === 0 ? (
              <EmptyList
                hasFilter={isFiltered(filter)}
                widening={widening}
                onClear={() => onChange(null)}
                onNew={canOperate ? () => void setIsCreating(true) : null}
              />
            ) : (
              <>
                <SessionsTable
                  sessions={sessions}
                  choice={bulk.rows}
                  peekedId={peek.row?.sessionId ?? null}
                  all={page.arrangements?.columns}
                  columns={arrangement.columns}
                  groups={shown}
                  hasMore={query.hasNextPage}
                />
                <ListFoot count={sessions.length} noun="session" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {peek.row !== null && <SessionPeek session={peek.row} onClose={peek.close} />}
      {peek.missing}
      {isCreating && canOperate && <NewSessionDialog onClose={() => void setIsCreating(null)} />}
    </PeekedPage>
  );
}

type EmptyListProps = {
  hasFilter: boolean;
  widening: QueryWidening | null;
  onClear: () => void;
  onNew: (() => void) | null;
};

function EmptyList({ hasFilter, widening, onClear, onNew }: EmptyListProps) {
  if (hasFilter) {
    return <NoMatch noun="session" onClear={onClear} widening={widening} />;
  }
  return (
    <EmptyState
      title="No sessions yet"
      action={
        onNew !== null && (
          <Button variant="primary" onClick={onNew}>
            New session
          </Button>
        )
      }
    >
      <p>
        A session is a conversation with an agent. Start one with the demo profile: no key or network needed.{" "}
        <DocLink name="glossary">Glossary</DocLink>
      </p>
      <CallHint label="Or use the API:" call={{ method: "POST", path: "/sessions", body: NEW_SESSION }} />
    </EmptyState>
  );
}
