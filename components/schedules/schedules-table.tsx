"use client";
import Link from "next/link";
import { scheduleAddress } from "@/components/shell/addresses";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { Schedule } from "@/contract/schedule";
import { FiringOutcomeState, FiringResult } from "./firing-outcome";
import { ScheduleMenu } from "./schedule-menu";
import { ScheduleState } from "./schedule-state";

/** Schedules by their names: when each comes, and what came of its last time. */
export function SchedulesTable({ schedules }: { schedules: readonly Schedule[] }) {
  const hasTenants = new Set(schedules.map(({ tenantId }) => tenantId)).size > 1;
  const columns = hasTenants ? COLUMNS_OF_ALL : COLUMNS;
  return (
    <Table
      label="Schedules"
      rows={schedules}
      columns={columns}
      keyOf={({ id }) => id}
      rowClassName={() => "max-sm:pr-14"}
    />
  );
}

const LEADING_COLUMNS: Column<Schedule>[] = [
  {
    name: "Name",
    isLead: true,
    className: "max-w-48 2xl:max-w-80 max-sm:max-w-full",
    cell: ({ id, name }) => (
      <Link
        href={scheduleAddress(id)}
        prefetch={false}
        title={revealHidden(name)}
        className="block truncate font-medium after:absolute after:inset-0 hover:underline"
      >
        {revealHidden(name)}
      </Link>
    ),
  },
  { name: "State", cell: (schedule) => <ScheduleState schedule={schedule} /> },
  {
    name: "Frequency",
    isLine: true,
    className: "max-w-52 text-xs 2xl:max-w-80",
    cell: ({ words, cron, timeZone }) => (
      <span className="flex min-w-0 flex-col py-1 max-sm:py-0">
        <span className="truncate text-ink-2">
          {/* Above the link, which lies on the whole row. */}
          <span className="relative z-10" title={revealHidden(words)}>
            {revealHidden(words)}
          </span>
        </span>
        <span className="truncate text-ink-3">
          <span className="relative z-10" title={revealHidden(`${cron}\n${timeZone}`)}>
            <code className="mr-1">{revealHidden(cron)}</code> {revealHidden(timeZone)}
          </span>
        </span>
      </span>
    ),
  },
];
const QUEUE = queueColumn(false);
const QUEUE_OF_ALL = queueColumn(true);
const REST: Column<Schedule>[] = [
  {
    name: "Next run",
    isLine: true,
    className: "text-xs whitespace-nowrap text-ink-2",
    cell: ({ nextAt, timeZone }) =>
      nextAt === null ? (
        <span className="text-ink-3">none</span>
      ) : (
        <Time at={nextAt} timeZone={timeZone} className="relative z-10" />
      ),
  },
  {
    name: "Last run",
    isLine: true,
    className: "min-w-44 max-w-48 text-xs 2xl:max-w-96",
    cell: ({ lastFiring, timeZone }) =>
      lastFiring === null ? (
        <span className="text-ink-3">None yet</span>
      ) : (
        <span className="flex min-w-0 flex-col gap-y-0.5 py-1 max-sm:py-0">
          <span className="flex items-center gap-x-2 whitespace-nowrap text-ink-2">
            <FiringOutcomeState firing={lastFiring} />{" "}
            <Time at={lastFiring.dueAt} timeZone={timeZone} className="relative z-10" />
          </span>
          <FiringResult firing={lastFiring} />
        </span>
      ),
  },
  {
    name: "Actions",
    isNameHidden: true,
    className: "sm:w-px sm:text-right max-sm:absolute max-sm:top-1.5 max-sm:right-3",
    cell: (schedule) => <ScheduleMenu schedule={schedule} />,
  },
];
const COLUMNS = [...LEADING_COLUMNS, QUEUE, ...REST];
const COLUMNS_OF_ALL = [...LEADING_COLUMNS, QUEUE_OF_ALL, ...REST];

/** Where its tasks go; where there are those of several tenants, whose they are too. */
function queueColumn(hasTenant: boolean): Column<Schedule> {
  return {
    name: "Queue",
    isLine: true,
    className: "max-w-36 text-xs 2xl:max-w-60",
    cell: ({ tenantId, task: { queue = "default", lane = "default" } }) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-ink-2">
          <span className="relative z-10" title={revealHidden(`${queue} / ${lane}`)}>
            {revealHidden(`${queue} / ${lane}`)}
          </span>
        </span>
        {hasTenant && <span className="truncate text-ink-3">tenant {revealHidden(tenantId)}</span>}
      </span>
    ),
  };
}
