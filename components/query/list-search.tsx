"use client";
import { ChevronDown } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { ArrangeMenus } from "@/components/arrange/arrange-menus";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ViewsMenu } from "@/components/views/views-menu";
import type { Filter, QueryPage } from "@/contract/query/page";
import { chipsOf } from "./chips";
import { QueryBar } from "./query-bar";
import { QueryChips } from "./query-chips";
import type { KnownValues, SeenRows } from "./suggestions";

type ListSearchProps<Of extends Filter> = {
  page: QueryPage<Of>;
  filter: Of;
  label: string;
  placeholder: string;
  knownValues?: KnownValues;
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
  const {
    page,
    filter,
    label,
    placeholder,
    knownValues,
    rows,
    isFiltered,
    hasColumns = true,
    onChange,
    onClear,
  } = props;
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const count = chipsOf(page, filter).length;
  return (
    <search className="flex flex-wrap items-center gap-2">
      <QueryBar {...{ page, filter, label, placeholder, knownValues, rows, onChange }} />
      {/* A phone has room for the list, or for all of its choices. */}
      <Button className="sm:hidden" aria-expanded={isOpen} aria-controls={id} onClick={() => setIsOpen(!isOpen)}>
        {count === 0 ? "Filter" : `Filter (${count})`}
        <ChevronDown aria-hidden className={cn("size-3.5", isOpen && "rotate-180")} />
      </Button>
      <ViewsMenu page={page} filter={filter} onChange={onChange} />
      <div id={id} className={cn("contents", !isOpen && "max-sm:hidden")}>
        {props.children}
        {hasColumns && page.arrangements !== undefined && (
          <ArrangeMenus list={page.page} arrangements={page.arrangements} />
        )}
      </div>
      {(isFiltered || count > 0) && (
        <div className={cn("flex min-w-0 flex-wrap items-center gap-1.5", count > 0 && "basis-full")}>
          <QueryChips page={page} filter={filter} onChange={onChange} />
          {isFiltered && (
            <Button variant="ghost" size="sm" onClick={onClear}>
              Clear
            </Button>
          )}
        </div>
      )}
    </search>
  );
}
