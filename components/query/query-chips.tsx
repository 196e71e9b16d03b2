"use client";
import { Chip } from "@/components/ui/chip";
import { toServerTime } from "@/components/ui/clock";
import { CopyTextButton } from "@/components/ui/copy";
import type { Filter, QueryPage } from "@/contract/query/page";
import { fixRange, type RangeFilter } from "@/contract/query/range";
import { chipsOf } from "./chips";

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
    <ul aria-label="What the list is narrowed by" className="flex min-w-0 basis-full flex-wrap items-center gap-1.5">
      {chips.map(({ field, name, value }) => (
        <li key={field} className="max-w-full min-w-0">
          <Chip name={name} value={value} onRemove={() => onChange({ [field]: page.none[field] } as Partial<Of>)} />
        </li>
      ))}
      {hasAge(filter) && (
        <li>
          <CopyTextButton text={() => fixedAddress(filter)} said="Copied: the address means the same rows at any time">
            Copy with fixed times
          </CopyTextButton>
        </li>
      )}
    </ul>
  );
}

/** The page's address with instants in the place of ages. */
function fixedAddress(filter: RangeFilter): string {
  const { since, until } = fixRange(filter, toServerTime(Date.now()));
  const address = new URL(window.location.href);
  for (const name of ["within", "older"]) address.searchParams.delete(name);
  if (since !== null) address.searchParams.set("since", since);
  if (until !== null) address.searchParams.set("until", until);
  return address.href;
}

function hasAge<Of extends Filter>(filter: Of | (Of & RangeFilter)): filter is Of & RangeFilter {
  return typeof filter.within === "number" || typeof filter.older === "number";
}
