import { useState } from "react";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Filter, QueryPage } from "@/contract/query/page";
import { chipsOf } from "./chips";

/** The nearest wider list: without the condition that came last; null where no other would be left. */
export type QueryWidening = { without: string; onWiden: () => void };

export function useQueryWidening<Of extends Filter>(
  page: QueryPage<Of>,
  filter: Of,
  onChange: (change: Partial<Of>) => void,
): QueryWidening | null {
  const chips = chipsOf(page, filter).map((chip) => ({ ...chip, text: `${chip.name}: ${chip.value}` }));
  const conditions = chips.map(({ text }) => text);
  const [conditionOrder, setConditionOrder] = useState(conditions);
  const nextOrder = [
    ...conditionOrder.filter((text) => conditions.includes(text)),
    ...conditions.filter((text) => !conditionOrder.includes(text)),
  ];
  if (nextOrder.join("\n") !== conditionOrder.join("\n")) setConditionOrder(nextOrder);
  const newest = chips.find(({ text }) => text === nextOrder.at(-1));
  if (newest === undefined || chips.length < 2) return null;
  return {
    without: revealHidden(newest.text),
    onWiden: () => onChange({ [newest.field]: newest.remaining } as Partial<Of>),
  };
}
