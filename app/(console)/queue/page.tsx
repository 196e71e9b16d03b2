import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { BOARD_PARAMS, QUEUE_FILTERS, scopeInput, TAB_PARAMS, tasksInput } from "@/components/queue/filter";
import { QueueView } from "@/components/queue/queue-view";
import { readerOf } from "@/components/shell/reader";
import { newestBulk, queueCommander, queueControls, taskPages, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Queue" };
const loadFilter = createLoader({ ...QUEUE_FILTERS, ...BOARD_PARAMS, ...TAB_PARAMS });

export default async function QueuePage(props: { searchParams: Promise<SearchParams> }) {
  const { as, by: _by, view, ...filter } = await loadFilter(props.searchParams);
  const readerId = readerOf(await requireIdentity());
  await Promise.all([
    prefetch(viewsOf(trpc, "queue")),
    prefetch(queueCommander(trpc, scopeInput(filter))),
    prefetch(queueControls(trpc)),
    prefetch(newestBulk(trpc, "task")),
    ...(as === "table" && view === "tasks" ? [prefetchPages(taskPages(trpc, tasksInput(filter, readerId)))] : []),
  ]);
  return (
    <HydrateClient>
      <QueueView />
    </HydrateClient>
  );
}
