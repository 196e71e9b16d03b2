"use client";
import { useQuery } from "@tanstack/react-query";
import { Bookmark, ChevronDown } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useArrangement } from "@/components/arrange/use-arrangement";
import { useTRPC } from "@/components/trpc/client";
import { viewsOf } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { toastProblem } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Menu } from "@/components/ui/menu/menu";
import { asViewed } from "@/contract/query/arrangement";
import { type Filter, printFilter, type QueryPage } from "@/contract/query/page";
import type { View } from "@/contract/view";

// Both are there when they are first asked for.
const ViewsItems = dynamic(() => import("./views-items").then((module) => module.ViewsItems), { ssr: false });
const NameViewDialog = dynamic(() => import("./name-view-dialog").then((module) => module.NameViewDialog), {
  ssr: false,
});

type ViewsMenuProps<Of extends Filter> = {
  page: QueryPage<Of>;
  filter: Of;
  onChange: (filter: Of) => void;
};

/** The saved views of a list: the one that is shown is named, the others are a press away. */
export function ViewsMenu<Of extends Filter>({ page, filter, onChange }: ViewsMenuProps<Of>) {
  const [naming, setNaming] = useState<View | "new" | null>(null);
  const [pickedId, setPickedId] = useState<string | null>(null);
  const views = useQuery(viewsOf(useTRPC(), page.page)).data?.items ?? [];
  const { arrangement, setArrangement } = useArrangement(page);
  const viewed = asViewed(page);
  const query = printFilter(viewed, { ...filter, ...arrangement });
  // One that keeps nothing of how the list is shown is there however it is shown.
  const shown = [query, printFilter(page, filter)].flatMap((text) => views.filter((view) => view.query === text));
  const current = shown.find(({ id }) => id === pickedId) ?? shown[0] ?? null;
  const picked = views.find(({ id }) => id === pickedId) ?? null;

  async function pick(view: View): Promise<void> {
    const { readQuery } = await import("@/contract/query/read");
    const read = readQuery(viewed, view.query);
    const [problem] = read.problems;
    if (problem !== undefined)
      return void toastProblem(
        `View “${revealHidden(view.name)}” is no longer valid: ${revealHidden(problem.message)}`,
      );
    setPickedId(view.id);
    const { columns, group } = read.filter;
    setArrangement({ columns, group });
    onChange(read.filter);
  }
  return (
    <>
      <Menu
        align="start"
        trigger={
          <Button
            className="max-w-56 min-w-0"
            aria-label={current === null ? "Views" : `Views: ${revealHidden(current.name)}`}
          >
            <Bookmark aria-hidden className="size-3.5 shrink-0" />
            <span className="truncate">{revealHidden(current?.name) ?? "Views"}</span>
            <ChevronDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          </Button>
        }
      >
        <ViewsItems
          page={page.page}
          {...{ views, current, query }}
          changed={picked !== null && picked.query !== query && picked.isEditable ? picked : null}
          onPick={(view) => void pick(view).catch(() => toastProblem("Couldn't load the view. Try again."))}
          onName={setNaming}
        />
      </Menu>
      {naming !== null && (
        <NameViewDialog
          page={page.page}
          view={naming === "new" ? null : naming}
          query={query}
          onSaved={({ id }) => {
            setPickedId(id);
            setNaming(null);
          }}
          onClose={() => setNaming(null)}
        />
      )}
    </>
  );
}
