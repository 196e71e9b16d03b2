"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import { toast } from "sonner";
import { useBulk } from "@/components/bulk/use-bulk";
import { useFreshRows } from "@/components/live/fresh-rows";
import { useEndInView } from "@/components/live/use-end-in-view";
import { type QueryWidening, useQueryWidening } from "@/components/query/use-query-widening";
import { useCanOperate } from "@/components/shell/identity";
import { focusRow, keyInFocus } from "@/components/shell/list-keys";
import { type PageKey, usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { approvalPages } from "@/components/trpc/lists";
import { copyCurl, withQuery } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { shortenId } from "@/components/ui/format";
import { ListFoot, NoMatch } from "@/components/ui/list/list-states";
import { NewPill } from "@/components/ui/list/new-pill";
import { MenuItem } from "@/components/ui/menu/menu";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { APPROVAL_QUERY } from "@/contract/query/approvals";
import type { ApprovalStatus } from "@/contract/words";
import { ApprovalFilters } from "./approval-filters";
import { ApprovalRow } from "./approval-row";
import {
  APPROVAL_FILTERS,
  type ApprovalFilter,
  approvalsFilter,
  approvalsInput,
  filterWords,
  isNarrowed,
} from "./filter";
import { useDecideByKey } from "./use-decide";
import { useMovedGuard } from "./use-moved-guard";

/** What agents ask for, across all sessions. Each is decided once; many may be denied together, and none given so. */
export function ApprovalsView() {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(APPROVAL_FILTERS);
  const { status } = filter;
  // A status is always chosen, and stays.
  const clear = () => void setFilter({ ...NO_CONDITIONS });
  const widening = useQueryWidening(APPROVAL_QUERY, filter, (change) => void setFilter(change));
  const query = useInfiniteQuery(approvalPages(trpc, approvalsInput(filter)));
  const read = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const isWaiting = status === "pending";
  const freshRows = useFreshRows(read, JSON.stringify([filter, query.data?.pages.length]));
  // What waits comes at the end, where nothing moves; what is over comes first, and waits behind its pill.
  const approvals = useMemo(
    () => (isWaiting ? read : read?.filter((approval) => !freshRows.freshRows.includes(approval))) ?? [],
    [read, isWaiting, freshRows.freshRows],
  );
  const ids = useMemo(() => approvals.map(({ id }) => id), [approvals]);
  const end = useEndInView(ids.length, () => {
    if (isWaiting && freshRows.freshRows.length > 0) freshRows.markSeen();
  });
  const guard = useMovedGuard(ids);
  const canDecide = canOperate && isWaiting;
  const bulk = useBulk({
    ...{
      kind: "approval",
      ids,
      filter: approvalsFilter(filter),
      filterText: filterWords(filter),
      hasMore: query.hasNextPage,
    },
    labelOf: (id) => approvals.find((approval) => approval.id === id)?.command ?? shortenId(id),
    canDo: () => canDecide,
  });
  const decided = useRef(new Set<string>());
  const isUnseen = useRefocus(bulk.selection.cursor, decided.current);
  usePageKeys(useDecisionKeys(bulk, { canDecide, decided: decided.current, isUnseen }));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc lets go of what is chosen, wherever the focus is in the list.
    <div className="flex h-full min-h-0 flex-col" onKeyDown={bulk.onKeyDown}>
      <PageHeader
        title="Approvals"
        description="Requests from agents that need an answer"
        actions={
          <CurlMenu>
            <MenuItem onSelect={() => void copyCurl({ path: withQuery("/approvals", approvalsInput(filter)) })}>
              This list as curl
            </MenuItem>
          </CurlMenu>
        }
      >
        <ApprovalFilters filter={filter} onChange={(change) => void setFilter(change)} onClear={clear} />
      </PageHeader>
      {bulk.bar}
      <NewPill
        count={isWaiting && end.isShown ? 0 : freshRows.freshRows.length}
        noun="new request"
        onShow={() => {
          const [first] = freshRows.freshRows;
          freshRows.markSeen();
          if (isWaiting && first !== undefined) focusRow(first.id);
        }}
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <QueryView query={query}>
          {() =>
            approvals.length === 0 ? (
              <EmptyList filter={filter} widening={widening} onClear={clear} />
            ) : (
              <>
                <ol className="mx-auto flex max-w-3xl flex-col gap-4 p-4" {...guard}>
                  {approvals.map((approval) => (
                    <ApprovalRow
                      key={approval.id}
                      approval={approval}
                      choice={canDecide ? bulk.rows : null}
                      onProject={(projectId) => void setFilter({ project: projectId })}
                    />
                  ))}
                </ol>
                <div ref={end.ref} />
                <ListFoot count={approvals.length} noun="request" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}

const { status: _status, ...NO_CONDITIONS } = APPROVAL_QUERY.none;

const EMPTY_TEXTS: Record<Exclude<ApprovalStatus, "pending">, string> = {
  decided: "No answers being delivered",
  applied: "No answered requests",
  superseded: "No requests that are no longer needed",
  ambiguous: "No unclear requests",
};

type EmptyListProps = { filter: ApprovalFilter; widening: QueryWidening | null; onClear: () => void };

function EmptyList({ filter, widening, onClear }: EmptyListProps) {
  if (isNarrowed(filter)) return <NoMatch noun="request" onClear={onClear} widening={widening} />;
  if (filter.status !== "pending") return <EmptyState title={EMPTY_TEXTS[filter.status]} />;
  return (
    <EmptyState title="No approvals waiting">
      Agents ask here before doing something their sandbox or policy does not allow.
    </EmptyState>
  );
}

type Bulk = ReturnType<typeof useBulk>;

type Deciding = {
  canDecide: boolean;
  /** Those that were answered here. */
  decided: Set<string>;
  /** Whether the row in focus took the place of one that went by itself. */
  isUnseen: RefObject<boolean>;
};

/** `a` and `d` answer the one in focus; where some are chosen `d` asks about them, and `a` does nothing. */
function useDecisionKeys({ selection, keys, act }: Bulk, { canDecide, decided, isUnseen }: Deciding): PageKey[] {
  const decide = useDecideByKey();
  if (!canDecide) return [];
  const isMany = selection.chosen.size > 0;
  const answer = (decision: "accept" | "decline") => {
    const { cursor } = selection;
    if (cursor === null || keyInFocus() !== cursor)
      return void toast("No request selected. Use j and k to select one.");
    // An answer cannot be taken back, and this one came under a finger that was meant for another.
    if (isUnseen.current) {
      isUnseen.current = false;
      return void toast("The previous request is gone. Check this one, then press again.");
    }
    decided.add(cursor);
    decide({ approvalId: cursor, decision });
  };
  return [
    {
      keys: "a",
      name: "Accept request",
      run: () =>
        isMany ? void toast("Requests are accepted one at a time. Clear the selection first.") : answer("accept"),
    },
    {
      keys: "d",
      name: "Decline request, or all selected",
      run: () => (isMany ? act("deny") : answer("decline")),
    },
    ...keys.filter((key) => key.keys !== "d"),
  ];
}

/** When the row that had the focus has gone, the focus goes to the one that took its place. Says so until it is moved. */
function useRefocus(cursor: string | null, decided: ReadonlySet<string>): RefObject<boolean> {
  const isUnseen = useRef(false);
  const last = useRef<string | null>(null);
  useEffect(() => {
    const before = last.current;
    last.current = cursor;
    if (cursor === null || cursor === before) return;
    const hasGone = document.activeElement === document.body;
    isUnseen.current = hasGone && before !== null && !decided.has(before);
    if (hasGone) focusRow(cursor);
  }, [cursor, decided]);
  useEffect(() => {
    // Whoever moves, or presses something, has looked.
    const see = (event: Event) => {
      if (!(event instanceof KeyboardEvent && (event.key === "a" || event.key === "d"))) isUnseen.current = false;
    };
    document.addEventListener("keydown", see, { capture: true });
    document.addEventListener("pointerdown", see, { capture: true });
    return () => {
      document.removeEventListener("keydown", see, { capture: true });
      document.removeEventListener("pointerdown", see, { capture: true });
    };
  }, []);
  return isUnseen;
}
