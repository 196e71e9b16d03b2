import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { SCHEDULE_FILTERS, schedulesInput } from "@/components/schedules/filter";
import { SchedulesView } from "@/components/schedules/schedules-view";
import { schedulePages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Schedules" };
const loadFilter = createLoader(SCHEDULE_FILTERS);

export default async function SchedulesPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { search } = await loadFilter(props.searchParams);
  await prefetchPages(schedulePages(trpc, schedulesInput(search)));
  return (
    <HydrateClient>
      <SchedulesView />
    </HydrateClient>
  );
}
