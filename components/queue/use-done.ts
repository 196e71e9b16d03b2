import { useQuery } from "@tanstack/react-query";
import { sum } from "@/components/queue/charts/chart-series";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { queueHistory } from "@/components/trpc/lists";
import { useHydratedNow } from "@/components/ui/time/clock";
import type { QueueControl } from "@/contract/queue-control";
import { ALL_TENANTS } from "@/contract/words";
import { scopeInput } from "./filter";

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

const HOUR_MINUTES = 60;

/** How many tasks each queue and lane completed in the last hour; null where nothing is known of it. */
export function useDoneByLane(queue: string | null): (control: QueueControl) => number | null {
  const trpc = useTRPC();
  const identity = useIdentity();
  const history = useQuery(queueHistory(trpc, { ...scopeInput({ queue }), minutes: HOUR_MINUTES })).data;
  const isWhole = history?.lanesLeftOut === 0;
  const ofLane = new Map<string, number>();
  for (const { queue, lane, completed } of history?.items ?? []) {
    const key = JSON.stringify([queue, lane]);
    ofLane.set(key, (ofLane.get(key) ?? 0) + completed);
    ofLane.set(queue, (ofLane.get(queue) ?? 0) + completed);
  }
  return ({ tenantId, queue, lane }) => {
    // The history tells of all tenants together that this person may see.
    if (history === undefined || tenantId !== (identity.tenantId ?? ALL_TENANTS)) return null;
    const done = ofLane.get(lane === null ? queue : JSON.stringify([queue, lane]));
    // Of a great many lanes the busiest are told of.
    if (lane === null) return isWhole ? (done ?? 0) : null;
    return done ?? (isWhole ? 0 : null);
  };
}
