import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import {
  type Column,
  countOf,
  distributeCards,
  type Grouping,
  isTerminalColumn,
  LANES_SHOWN,
  laneColumns,
  stateColumns,
} from "@/components/queue/board/board";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { conditionsOf } from "@/contract/query/page";
import { TASK_QUERY, tasksInput } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";
import type { QueueFilter } from "./filter";

/** Cards that a column has at first, and each time that more is asked for; what lies beyond is in the table. */
const CARDS = [25, 75, 200] as const;
const STATS_REFETCH_WAIT_MS = 800;

export type FilledColumn = Column & {
  cards: readonly QueueTaskSummary[];
  /** In words; null while nobody knows. */
  count: string | null;
  isLoading: boolean;
  error: unknown;
  hasMore: boolean;
  /** null: no more is shown here. */
  onMore: (() => void) | null;
  retry: () => unknown;
};

type ColumnsInput = { filter: QueueFilter; by: Grouping; controls: readonly QueueControl[] };

/** The columns of a board with their cards, each of so many at most, and how many tasks each stands for. */
export function useColumns({ filter, by, controls }: ColumnsInput) {
  const trpc = useTRPC();
  const readerId = useReader();
  const [lanesShown, setLanesShown] = useState(LANES_SHOWN);
  const [pages, setPages] = useState<Readonly<Record<string, number>>>({});
  const lanes = laneColumns(filter, controls);
  const columns: Column[] = by === "state" ? stateColumns(filter) : lanes.slice(0, lanesShown);
  const queries = useQueries({
    queries: columns.map((column) => ({
      ...trpc.queue.listTasks.queryOptions({
        ...tasksInput({ ...filter, ...column.filter }, readerId),
        ...(isTerminalColumn(column.state) ? { sort: "updatedAt" as const } : {}),
        limit: CARDS[pages[column.key] ?? 0] ?? CARDS[0],
      }),
      placeholderData: (data: Cards | undefined) => data,
    })),
  });
  const counts = useCounts({ filter, by });
  const cardsByColumn = distributeCards(
    queries.map(({ data }) => data?.items ?? []),
    columns,
    by,
  );
  const parked = queries[columns.findIndex(({ key }) => key === "parked")]?.data;
  const filled = columns.map((column, index): FilledColumn => {
    const query = queries[index];
    const cards = cardsByColumn.get(column.key) ?? [];
    const page = pages[column.key] ?? 0;
    const hasMore = (query?.data?.cursor ?? null) !== null;
    const count = counts(column, parked);
    return {
      ...{ ...column, cards, hasMore },
      count: count?.toLocaleString("en") ?? (query?.data === undefined ? null : `${cards.length}${hasMore ? "+" : ""}`),
      ...{ isLoading: query?.data === undefined, error: query?.error ?? null },
      onMore:
        hasMore && page < CARDS.length - 1
          ? () => setPages((current) => ({ ...current, [column.key]: page + 1 }))
          : null,
      retry: () => query?.refetch(),
    };
  });
  const key = filled.map(({ cards }) => cards.map(({ id }) => id).join(" ")).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same ids in the same order are the same list.
  const ids = useMemo(() => filled.flatMap(({ cards }) => cards.map(({ id }) => id)), [key]);
  const lanesLeft = by === "lane" ? Math.max(0, lanes.length - lanesShown) : 0;
  return { columns: filled, ids, lanesLeft, onMoreLanes: () => setLanesShown((shown) => shown + LANES_SHOWN) };
}

type Cards = { items: QueueTaskSummary[]; cursor: string | null };

/** What the counters know of a column; null where the filter says more than they do. */
function useCounts({
  filter,
  by,
}: Omit<ColumnsInput, "controls">): (column: Column, parked: Cards | undefined) => number | null {
  const trpc = useTRPC();
  const { queue, lane } = filter;
  const further = { ...filter, queue: null, lane: null, state: "pending" as const };
  const isCounted = conditionsOf(TASK_QUERY, further).length === 0;
  const laneInput = { ...(queue === null ? {} : { queue }), ...(lane === null ? {} : { lane }) };
  const stats = useQuery({
    ...trpc.queue.stats.queryOptions(laneInput),
    enabled: isCounted && by === "state",
    placeholderData: (data) => data,
  }).data;
  const refetchStats = useThrottledRefetch(STATS_REFETCH_WAIT_MS, trpc.queue.stats.pathKey());
  useFrames("task", refetchStats);
  if (!isCounted) return () => null;
  if (by === "lane") return ({ waiting }) => (filter.state === "pending" ? waiting : null);
  return (column, parked) => (stats === undefined ? null : countOf(column, stats.byState, parked));
}
