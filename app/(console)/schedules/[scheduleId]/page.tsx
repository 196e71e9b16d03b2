import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { FIRING_FILTERS } from "@/components/schedules/filter";
import { ScheduleView } from "@/components/schedules/schedule-view";
import { firingPages, newestFirings, scheduleNow } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Schedule" };
const loadFilter = createLoader(FIRING_FILTERS);

type SchedulePageProps = { params: Promise<{ scheduleId: string }>; searchParams: Promise<SearchParams> };

export default async function SchedulePage(props: SchedulePageProps) {
  await requireIdentity();
  const scheduleId = decodeURIComponent((await props.params).scheduleId);
  const { outcome } = await loadFilter(props.searchParams);
  await Promise.all([
    prefetch(scheduleNow(trpc, scheduleId)),
    prefetch(newestFirings(trpc, scheduleId)),
    prefetchPages(firingPages(trpc, scheduleId, outcome)),
  ]);
  return (
    <HydrateClient>
      <ScheduleView key={scheduleId} scheduleId={scheduleId} />
    </HydrateClient>
  );
}
