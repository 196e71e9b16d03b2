"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Check, Users } from "lucide-react";
import { useEffect } from "react";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { viewCounts } from "@/components/trpc/lists";
import { revealHidden } from "@/components/ui/hidden-characters";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { View, ViewCount } from "@/contract/view";
import type { ViewPage } from "@/contract/words";
import { useViewActions } from "./use-view-actions";

type ViewsItemsProps = {
  page: ViewPage;
  views: readonly View[];
  /** The view that is shown. */
  current: View | null;
  /** What is shown. */
  query: string;
  /** The view that was picked, where something else is shown by now. */
  changed: View | null;
  onPick: (view: View) => void;
  onName: (view: View | "new") => void;
};

/** What the menu of views offers; counted while it is open. */
export function ViewsItems(props: ViewsItemsProps) {
  const { page, views, current, query, changed, onPick, onName } = props;
  const canOperate = useCanOperate();
  const actions = useViewActions(page);
  const counts = useCounts(page, views.length > 0);
  return (
    <>
      <div className="scroll-thin max-h-[50dvh] max-w-[min(24rem,90vw)] overflow-y-auto">
        {views.length === 0 && <div className="px-2 py-1.5 text-sm text-ink-2">No views yet</div>}
        {views.map((view) => (
          <MenuItem key={view.id} onSelect={() => onPick(view)}>
            <Check
              aria-hidden
              className={view.id === current?.id ? "size-3.5 shrink-0" : "invisible size-3.5 shrink-0"}
            />
            <span className="min-w-0 flex-1 truncate" title={view.query === "" ? "all" : revealHidden(view.query)}>
              {revealHidden(view.name)}
            </span>
            {view.isShared && (
              <span
                className="flex shrink-0 items-center gap-1 text-xs text-ink-3"
                title={`Created by ${revealHidden(view.owner)}`}
              >
                <Users aria-hidden className="size-3" /> shared
              </span>
            )}
            <span className="w-12 shrink-0 text-right text-xs text-ink-3 tabular-nums">{counts.get(view.id)}</span>
          </MenuItem>
        ))}
      </div>
      <MenuSeparator />
      {changed !== null && (
        <MenuItem onSelect={() => actions.setQuery(changed, query)}>Update “{revealHidden(changed.name)}”</MenuItem>
      )}
      <MenuItem onSelect={() => onName("new")}>Save view…</MenuItem>
      {current?.isEditable && (
        <>
          <MenuItem onSelect={() => onName(current)}>Rename “{revealHidden(current.name)}”…</MenuItem>
          {(canOperate || current.isShared) && (
            <MenuItem onSelect={() => actions.share(current)}>
              {current.isShared
                ? `Stop sharing “${revealHidden(current.name)}”`
                : `Share “${revealHidden(current.name)}”`}
            </MenuItem>
          )}
          <MenuItem isDanger onSelect={() => actions.removeView(current)}>
            Delete “{revealHidden(current.name)}”
          </MenuItem>
        </>
      )}
    </>
  );
}

/** How many rows each view has, in words. */
function useCounts(page: ViewPage, isEnabled: boolean): ReadonlyMap<string, string> {
  const trpc = useTRPC();
  const readerId = useReader();
  const query = useInfiniteQuery({ ...viewCounts(trpc, { page, readerId }), enabled: isEnabled });
  useEffect(() => {
    if (query.hasNextPage && !query.isFetchingNextPage && !query.isError) void query.fetchNextPage();
  });
  const items = query.data?.pages.flatMap((countsPage) => countsPage.items) ?? [];
  return new Map(items.map((viewCount) => [viewCount.viewId, countWords(viewCount)]));
}

function countWords({ count, hasMore }: ViewCount): string {
  if (count === null) return "–";
  return `${count.toLocaleString("en")}${hasMore ? "+" : ""}`;
}
