"use client";
import type { ReactNode } from "react";
import { ArrangeMenus } from "@/components/arrange/arrange-menus";
import { Button } from "@/components/ui/button";
import { ViewsMenu } from "@/components/views/views-menu";
import type { Filter, QueryPage } from "@/contract/query/page";
import { QueryBar } from "./query-bar";
import { QueryChips } from "./query-chips";
import type { KnownValues, SeenRows } from "./suggestions";

type ListSearchProps<Of extends Filter> = {
  page: QueryPage<Of>;
  filter: Of;
  label: string;
  placeholder: string;
  known?: KnownValues;
  rows?: SeenRows;
  /** Whether there is anything to clear, which is not so of what a list is narrowed to at first. */
  isFiltered: boolean;
  /** False of what is shown without columns, as on a board. */
  hasColumns?: boolean;
  onChange: (change: Partial<Of>) => void;
  onClear: () => void;
  /** The list's own choices: the easy form of some of its query. */
  children: ReactNode;
};

/** What narrows a list: the query, the views saved of it, the list's own choices, and a chip for each condition; and how it is shown. */
export function ListSearch<Of extends Filter>(props: ListSearchProps<Of>) {
  const { page, filter, label, placeholder, known, rows, isFiltered, hasColumns = true, onChange, onClear } = props;
  return (
    <search className="flex flex-wrap items-center gap-2">
      <QueryBar {...{ page, filter, label, placeholder, known, rows, onChange }} />
      <ViewsMenu page={page} filter={filter} onChange={onChange} />
      {props.children}
      {hasColumns && page.arrangements !== undefined && (
        <ArrangeMenus list={page.page} arrangements={page.arrangements} />
      )}
      {isFiltered && (
        <Button look="ghost" size="sm" onClick={onClear}>
          Clear
        </Button>
      )}
      <QueryChips page={page} filter={filter} onChange={onChange} />
    </search>
  );
}
