import { useState } from "react";
import { showTricks } from "@/components/ui/hidden-text";
import type { Filter, QueryPage } from "@/contract/query/page";
import { chipsOf } from "./chips";

/** The nearest wider list: without the condition that came last; null where no other would be left. */
export type Wider = { without: string; onWiden: () => void };

export function useWider<Of extends Filter>(
  page: QueryPage<Of>,
  filter: Of,
  onChange: (change: Partial<Of>) => void,
): Wider | null {
  const chips = chipsOf(page, filter).map((chip) => ({ ...chip, text: `${chip.name}: ${chip.value}` }));
  const now = chips.map(({ text }) => text);
  const [order, setOrder] = useState(now);
  const next = [...order.filter((text) => now.includes(text)), ...now.filter((text) => !order.includes(text))];
  if (next.join("\n") !== order.join("\n")) setOrder(next);
  const last = chips.find(({ text }) => text === next.at(-1));
  if (last === undefined || chips.length < 2) return null;
  return {
    without: showTricks(last.text),
    onWiden: () => onChange({ [last.field]: last.without } as Partial<Of>),
  };
}
