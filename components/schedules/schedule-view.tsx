"use client";
import { useQuery } from "@tanstack/react-query";
import { SCHEDULES_ADDRESS } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { SCHEDULES_POLL_MS, scheduleNow, schedulePollMs } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { toServerTime } from "@/components/ui/clock";
import { showTricks } from "@/components/ui/hidden-text";
import { PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import type { Schedule } from "@/contract/schedule";
import { FiringPicture } from "./firing-picture";
import { Firings } from "./firings";
import { ScheduleActions } from "./schedule-actions";
import { ScheduleBanner } from "./schedule-banner";
import { ScheduleFacts } from "./schedule-facts";
import { ScheduleState } from "./schedule-state";
import { useScheduleActs } from "./use-schedule-acts";

/** A schedule's page: when it comes, what came of its times, and what can be done about it. */
export function ScheduleView({ scheduleId }: { scheduleId: string }) {
  const schedule = useQuery({
    ...scheduleNow(useTRPC(), scheduleId),
    refetchInterval: ({ state }) => (state.data === undefined ? SCHEDULES_POLL_MS : pollMs(state.data)),
  });
  return (
    <QueryView query={schedule} heading="Schedule">
      {(data) => <LoadedSchedule schedule={data} />}
    </QueryView>
  );
}

const pollMs = (schedule: Schedule): number => schedulePollMs(schedule, toServerTime(Date.now()));

function LoadedSchedule({ schedule }: { schedule: Schedule }) {
  const acts = useScheduleActs(schedule);
  const poll = () => pollMs(schedule);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={SCHEDULES_ADDRESS} name="All schedules" />
            <span className="min-w-0 wrap-anywhere">{showTricks(schedule.name)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <ScheduleState isBare schedule={schedule} />
            <span className="min-w-0 wrap-anywhere">{showTricks(schedule.words)}</span>
          </span>
        }
        actions={<ScheduleActions schedule={schedule} acts={acts} />}
      />
      <RecordBody facts={<ScheduleFacts schedule={schedule} />}>
        <ScheduleBanner schedule={schedule} acts={acts} />
        <FiringPicture scheduleId={schedule.id} pollMs={poll} />
        <Firings schedule={schedule} pollMs={poll} />
      </RecordBody>
    </div>
  );
}
