"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { SCHEDULES_POLL_MS, schedulePages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { SearchBox } from "@/components/ui/form/search-box";
import { ListFoot, NoMatch } from "@/components/ui/list/list-states";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { DEMO_PROFILE } from "@/contract/words";
import { SCHEDULE_FILTERS, schedulesInput } from "./filter";
import { SchedulesTable } from "./schedules-table";

const CreateScheduleDialog = dynamic(() => import("./create-schedule").then((module) => module.CreateScheduleDialog), {
  ssr: false,
});

const EXAMPLE = {
  ...{ name: "Every morning", cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin" },
  task: { title: "Look at what is new", backendProfile: DEMO_PROFILE, payload: { text: "Say what is new" } },
};

/** Plans by which tasks are added: each with when it comes next, and what came of it last. */
export function SchedulesView() {
  const canOperate = useCanOperate();
  const [isCreating, setIsCreating] = useState(false);
  const onCreate = canOperate ? () => setIsCreating(true) : null;
  const [{ search }, setFilter] = useQueryStates(SCHEDULE_FILTERS, { history: "replace" });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Schedules"
        description="Add tasks to the queue at set times."
        actions={
          onCreate === null ? undefined : (
            <Button variant="primary" onClick={onCreate}>
              <Plus aria-hidden className="size-4" /> New schedule
            </Button>
          )
        }
      >
        <SearchBox
          label="Search schedules"
          placeholder="Search by name"
          value={search}
          onChange={(next) => void setFilter({ search: next })}
        />
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <AllSchedules search={search} onClear={() => void setFilter(null)} onCreate={onCreate} />
      </div>
      {isCreating && <CreateScheduleDialog onClose={() => setIsCreating(false)} />}
    </div>
  );
}

type AllSchedulesProps = { search: string; onClear: () => void; onCreate: (() => void) | null };

function AllSchedules({ search, onClear, onCreate }: AllSchedulesProps) {
  const input = schedulesInput(search);
  const query = useInfiniteQuery({ ...schedulePages(useTRPC(), input), refetchInterval: SCHEDULES_POLL_MS });
  const schedules = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <QueryView query={query}>
      {() => {
        if (schedules.length > 0)
          return (
            <>
              <SchedulesTable schedules={schedules} />
              <ListFoot count={schedules.length} noun="schedule" query={query} />
            </>
          );
        if (input.search !== undefined) return <NoMatch noun="schedule" widening={null} onClear={onClear} />;
        return <NoSchedules onCreate={onCreate} />;
      }}
    </QueryView>
  );
}

function NoSchedules({ onCreate }: Pick<AllSchedulesProps, "onCreate">) {
  return (
    <EmptyState
      title="No schedules yet"
      action={onCreate === null ? undefined : <Button onClick={onCreate}>New schedule</Button>}
    >
      <p>
        A schedule adds a task to a queue at set times, such as every morning.{" "}
        <DocLink name="schedules">How schedules work</DocLink>
      </p>
      <CallHint label="Or create one with the API" call={{ method: "POST", path: "/schedules", body: EXAMPLE }} />
    </EmptyState>
  );
}
