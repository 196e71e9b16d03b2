"use client";
import { useQuery } from "@tanstack/react-query";
import { SCHEDULES_ADDRESS } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { SCHEDULES_POLL_MS, scheduleNow, schedulePollMs } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import { toServerTime } from "@/components/ui/time/clock";
import type { Schedule } from "@/contract/schedule";
import { FiringChart } from "./firing-chart";
import { Firings } from "./firings";
import { ScheduleActions } from "./schedule-actions";
import { ScheduleBanner } from "./schedule-banner";
import { ScheduleFacts } from "./schedule-facts";
import { ScheduleState } from "./schedule-state";
import { useScheduleActions } from "./use-schedule-actions";

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
  const actions = useScheduleActions(schedule);
  const poll = () => pollMs(schedule);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={SCHEDULES_ADDRESS} name="All schedules" />
            <span className="min-w-0 wrap-anywhere">{revealHidden(schedule.name)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <ScheduleState isIconless schedule={schedule} />
            <span className="min-w-0 wrap-anywhere">{revealHidden(schedule.words)}</span>
          </span>
        }
        actions={<ScheduleActions schedule={schedule} actions={actions} />}
      />
      <RecordBody facts={<ScheduleFacts schedule={schedule} />}>
        <ScheduleBanner schedule={schedule} actions={actions} />
        <FiringChart scheduleId={schedule.id} pollMs={poll} />
        <Firings schedule={schedule} pollMs={poll} />
      </RecordBody>
    </div>
  );
}
