"use client";
import dynamic from "next/dynamic";
import type { Filter, QueryPage } from "@/contract/query/page";
import type { RangeFilter } from "@/contract/query/range";
import { chipsOf } from "./chips";

// A list is often looked at as it is.
const ChipsRow = dynamic(() => import("./chips-row").then((module) => module.ChipsRow));

type QueryChipsProps<Of extends Filter> = {
  page: QueryPage<Of>;
  filter: Of;
  onChange: (change: Partial<Of>) => void;
};

/** Each condition that narrows a list, and the way out of it. */
export function QueryChips<Of extends Filter>({ page, filter, onChange }: QueryChipsProps<Of>) {
  const chips = chipsOf(page, filter);
  if (chips.length === 0) return null;
  return (
    <ChipsRow
      chips={chips}
      aged={hasAge(filter) ? filter : null}
      onRemove={({ field, remaining }) => onChange({ [field]: remaining } as Partial<Of>)}
    />
  );
}

function hasAge<Of extends Filter>(filter: Of | (Of & RangeFilter)): filter is Of & RangeFilter {
  return typeof filter.within === "number" || typeof filter.older === "number";
}
