"use client";
import { Chip } from "@/components/ui/chip";
import { CopyTextButton } from "@/components/ui/copy";
import { toServerTime } from "@/components/ui/time/clock";
import { fixRange, type RangeFilter } from "@/contract/query/range";
import type { NamedChip } from "./chips";

type ChipsRowProps = {
  chips: readonly NamedChip[];
  /** What has an age among them, whose rows are others tomorrow. */
  aged: RangeFilter | null;
  onRemove: (chip: NamedChip) => void;
};

/** The conditions that narrow a list, side by side, each with the way out of it. */
export function ChipsRow({ chips, aged, onRemove }: ChipsRowProps) {
  return (
    <ul aria-label="Active filters" className="flex min-w-0 flex-wrap items-center gap-1.5">
      {chips.map((chip) => (
        <li key={`${chip.field} ${chip.name}`} className="max-w-full min-w-0">
          <Chip name={chip.name} value={chip.value} onRemove={() => onRemove(chip)} />
        </li>
      ))}
      {aged !== null && (
        <li>
          <CopyTextButton text={() => fixedAddress(aged)} copiedMessage="Link copied">
            Copy link with fixed times
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
