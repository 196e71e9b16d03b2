import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { queueHistory } from "@/components/trpc/lists";
import { useHydratedNow } from "@/components/ui/clock";
import { scopeInput } from "./filter";
import { sum } from "./picture";

const DAY_MINUTES = 1_440;

/** How many tasks were completed since this browser's midnight, in words; of a great many lanes the busiest are counted. */
export function useDoneToday(queue: string | null): string | null {
  const trpc = useTRPC();
  const nowMs = useHydratedNow();
  const history = useQuery(queueHistory(trpc, { ...scopeInput({ queue }), minutes: DAY_MINUTES })).data;
  if (history === undefined || nowMs === null) return null;
  const midnightMs = new Date(nowMs).setHours(0, 0, 0, 0);
  const done = sum(
    history.items.filter(({ minute }) => Date.parse(minute) >= midnightMs).map(({ completed }) => completed),
  );
  return `${done.toLocaleString("en")}${history.lanesLeftOut > 0 ? "+" : ""}`;
}
