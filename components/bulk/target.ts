import { formatPlural } from "@/components/ui/format";
import { toServerTime } from "@/components/ui/time/clock";
import type { CreateBulkInput } from "@/contract/bulk";
import { fixInput } from "@/contract/query/range";

/** What an action is about: those that were chosen, or whatever the list's filter matched when all were chosen. */
export type BulkTarget = Pick<CreateBulkInput, "ids" | "filter" | "asOf"> & { description: string };
type Matching = { filter: NonNullable<CreateBulkInput["filter"]>; asOf: string; description: string };

/** This moment, by the server's clock: what comes later is not what was looked at. */
export const asOfNow = (): string => new Date(toServerTime(Date.now())).toISOString();

/**
 * All that match, else those that are chosen, else the row that the keys act on; null where there is none. What all were is
 * fixed at its moment: a time that goes on would choose others later.
 */
export function targetOf(
  chosen: ReadonlySet<string>,
  all: Matching | null,
  { cursor, noun }: { cursor: string | null; noun: string },
): BulkTarget | null {
  if (all !== null) {
    const { filter, asOf, description } = all;
    return { filter: fixInput(filter, Date.parse(asOf)), asOf, description: `All matching: ${description}` };
  }
  const ids = chosen.size > 0 ? [...chosen] : cursor === null ? [] : [cursor];
  return ids.length === 0 ? null : { ids, description: formatPlural(ids.length, noun) };
}
