"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useTRPC } from "@/components/trpc/client";
import { firingPages } from "@/components/trpc/lists";
import { Choices } from "@/components/ui/form/choices";
import { ListFoot } from "@/components/ui/list/list-states";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { Schedule, ScheduleFiring } from "@/contract/schedule";
import { FIRING_OUTCOMES, FIRINGS_KEPT_DAYS, type FiringOutcome } from "@/contract/words";
import { FIRING_FILTERS } from "./filter";
import { FiringOutcomeState, FiringResult, FiringSession } from "./firing-outcome";
import { notesOf } from "./words";

const CHOICES = ["all", ...FIRING_OUTCOMES] as const;
const CHOICE_NAMES: Record<(typeof CHOICES)[number], string> = {
  ...{ all: "All", created: "Created", skipped: "Skipped", missed: "Missed", refused: "Rejected" },
};
const EMPTY_TEXTS: Record<FiringOutcome, string> = {
  created: "No run has added a task.",
  skipped: "No skipped runs.",
  missed: "No missed runs.",
  refused: "No rejected tasks.",
};

/** What came of a schedule's times, the newest first. */
export function Firings({ schedule, pollMs }: { schedule: Schedule; pollMs: () => number }) {
  const [{ outcome }, setFilter] = useQueryStates(FIRING_FILTERS, { history: "replace" });
  const query = useInfiniteQuery({ ...firingPages(useTRPC(), schedule.id, outcome), refetchInterval: pollMs });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Panel title="Run history">
      <div className="border-b px-4 py-2">
        <Choices
          label="Outcome"
          values={CHOICES}
          names={CHOICE_NAMES}
          value={outcome ?? "all"}
          onChange={(next) => void setFilter({ outcome: next === "all" ? null : next })}
        />
      </div>
      <QueryView query={query}>
        {() =>
          rows.length === 0 ? (
            <NoTimes schedule={schedule} outcome={outcome} />
          ) : (
            <>
              <Table label="Run history" rows={rows} columns={columnsOf(schedule)} keyOf={keyOf} />
              <ListFoot count={rows.length} noun="run" query={query} />
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}

// Two that people ask for in one millisecond are told apart by their tasks.
const keyOf = ({ dueAt, task }: ScheduleFiring): string => `${dueAt} ${task?.id ?? ""}`;

function columnsOf({ timeZone }: Schedule): Column<ScheduleFiring>[] {
  return [
    {
      name: "Due",
      className: "text-xs whitespace-nowrap max-sm:whitespace-normal",
      cell: (firing) => (
        <span className="flex flex-col py-1 max-sm:flex-row max-sm:flex-wrap max-sm:gap-x-2 max-sm:py-0">
          <Time at={firing.dueAt} timeZone={timeZone} className="font-medium" />
          {notesOf(firing).map((note) => (
            <span key={note} className="text-ink-3">
              {note}
            </span>
          ))}
        </span>
      ),
    },
    { name: "Outcome", cell: (firing) => <FiringOutcomeState firing={firing} /> },
    { name: "Task", className: "max-w-96 max-sm:max-w-full", cell: (firing) => <FiringResult firing={firing} /> },
    { name: "Session", className: "text-xs", cell: (firing) => <FiringSession firing={firing} /> },
  ];
}

function NoTimes({ schedule, outcome }: { schedule: Schedule; outcome: FiringOutcome | null }) {
  if (outcome !== null) return <p className="p-4 text-sm text-ink-2">{EMPTY_TEXTS[outcome]}</p>;
  return (
    <EmptyState
      title={schedule.lastFiring === null ? "Hasn't run yet" : `No runs in the last ${FIRINGS_KEPT_DAYS} days`}
    >
      {schedule.nextAt === null ? (
        schedule.isPaused ? (
          "It won't run while paused."
        ) : (
          "It has ended."
        )
      ) : (
        <>
          Next run <Time at={schedule.nextAt} timeZone={schedule.timeZone} />. Use “Run now” to add a task right away.
        </>
      )}
    </EmptyState>
  );
}
