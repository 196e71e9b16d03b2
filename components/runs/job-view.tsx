"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { runLogAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { cn } from "@/components/ui/class-names";
import { Id } from "@/components/ui/copy";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState, Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Duration, Time } from "@/components/ui/time/time";
import type { Run } from "@/contract/run";
import type { AttemptDetails, ClusterEvent, JobCondition, JobContainer, RunJob } from "@/contract/run-job";
import { AttemptSelect } from "./attempt-select";
import { containerLook, endLook, eventLook, phaseLook, SOURCE_LOOK, SOURCE_WORDS } from "./job-words";
import { pollOf } from "./run-jobs";

/** What Kubernetes, or this machine, says of a run's attempt: read now, or as it was when it ended. */
export function JobView({ run }: { run: Run }) {
  const trpc = useTRPC();
  const [attempt, setAttempt] = useQueryState("attempt", parseAsString.withOptions({ history: "replace" }));
  const job = useQuery(
    trpc.runs.job.queryOptions(
      { runId: run.id, ...(attempt === null ? {} : { attemptId: attempt }) },
      { refetchInterval: (state) => pollOf(state.state.data?.source, { run, attempt, isFollowing: true }) },
    ),
  );
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4 lg:p-6">
      <QueryView query={job}>
        {(data) => (
          <>
            <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-xs">
              <AttemptSelect runId={run.id} value={attempt} onChange={(next) => void setAttempt(next)} />
              <State {...SOURCE_LOOK[data.source]} word={SOURCE_WORDS[data.source]} />
              <span className="text-ink-2">
                {data.note} {data.source === "kept" && <Time at={data.asOf} />}
              </span>
              <Link href={runLogAddress(run.id, attempt)} className="text-accent underline">
                View log
              </Link>
            </div>
            {data.details === null ? <Nothing job={data} /> : <Details details={data.details} />}
          </>
        )}
      </QueryView>
    </div>
  );
}

function Nothing({ job }: { job: RunJob }) {
  return (
    <EmptyState title={job.source === "none" ? "No Job" : "Job not found"}>
      See the run's attempts, events and timeline for what is known.
    </EmptyState>
  );
}

function Details({ details }: { details: AttemptDetails }) {
  const { job, pod, process, events, faults } = details;
  return (
    <>
      {faults.length > 0 && (
        <ul className="rounded-lg border border-warn/50 bg-warn-soft p-3 text-xs text-warn">
          {faults.map((fault) => (
            <li key={fault}>Couldn't read: {revealHidden(fault)}</li>
          ))}
        </ul>
      )}
      {process !== null && <ProcessPanel process={process} />}
      <div className={cn("grid gap-4", job !== null && pod !== null && "lg:grid-cols-2")}>
        {job !== null && <JobPanel job={job} />}
        {pod !== null && <PodPanel pod={pod} />}
      </div>
      {pod !== null && (
        <Panel title="Containers">
          <Table label="Containers" rows={pod.containers} columns={CONTAINERS} keyOf={(container) => container.name} />
        </Panel>
      )}
      {(job !== null || pod !== null) && (
        <Panel title="Job and pod events">
          {events.length === 0 ? (
            <p className="p-4 text-xs text-ink-2">No events. Kubernetes keeps them for an hour.</p>
          ) : (
            <Table label="Events" rows={events} columns={EVENTS} keyOf={keyOfEvent} />
          )}
        </Panel>
      )}
    </>
  );
}

function ProcessPanel({ process }: { process: NonNullable<AttemptDetails["process"]> }) {
  const { pid, startedAt, endedAt, exitCode, signal } = process;
  const end = signal ?? (exitCode === null ? "Unknown" : `Exit code ${exitCode}`);
  return (
    <Panel title="Process">
      <Facts
        className="p-4"
        items={[
          ["Process", pid],
          ["Started", <Time key="s" at={startedAt} />],
          [endedAt === null ? "Uptime" : "Duration", <Duration key="d" from={startedAt} to={endedAt} />],
          [
            "Result",
            endedAt === null ? "Still running" : <State key="e" isIconless {...endLook(exitCode)} word={end} />,
          ],
        ]}
      />
    </Panel>
  );
}

function JobPanel({ job }: { job: NonNullable<AttemptDetails["job"]> }) {
  return (
    <Panel title="Job">
      <Facts
        className="p-4 pb-2"
        items={[
          ["Name", <Id key="n" id={job.name} />],
          ["Namespace", job.namespace],
          ["Created", <Time key="c" at={job.createdAt} />],
          ["Started", job.startedAt === null ? null : <Time key="s" at={job.startedAt} />],
          ["Ended", job.endedAt === null ? null : <Time key="e" at={job.endedAt} />],
          ["Deadline", job.deadlineSeconds === null ? "None" : `After ${formatDuration(job.deadlineSeconds * 1_000)}`],
          ["State", job.isBeingDeleted ? <State key="d" isIconless state="deleting" /> : null],
        ]}
      />
      <Conditions conditions={job.conditions} of="Job" />
    </Panel>
  );
}

function PodPanel({ pod }: { pod: NonNullable<AttemptDetails["pod"]> }) {
  return (
    <Panel title="Pod">
      <Facts
        className="p-4 pb-2"
        items={[
          ["Name", <Id key="n" id={pod.name} />],
          [
            "Phase",
            <span key="p" className="inline-flex flex-wrap items-center gap-2">
              <State isIconless {...phaseLook(pod.phase)} word={revealHidden(pod.phase)} />
              {pod.isBeingDeleted && <State isIconless state="deleting" />}
            </span>,
          ],
          [
            "Why",
            [pod.reason, pod.message]
              .filter(Boolean)
              .map((part) => revealHidden(part ?? ""))
              .join(": ") || null,
          ],
          ["Node", revealHidden(pod.node ?? "None yet")],
          ["Created", <Time key="c" at={pod.createdAt} />],
          ["Started", pod.startedAt === null ? null : <Time key="s" at={pod.startedAt} />],
        ]}
      />
      <Conditions conditions={pod.conditions} of="pod" />
    </Panel>
  );
}

function Conditions({ conditions, of }: { conditions: readonly JobCondition[]; of: string }) {
  if (conditions.length === 0) return <p className="px-4 pb-4 text-xs text-ink-3">No {of} conditions yet.</p>;
  return (
    <ul aria-label={`Conditions of the ${of}`} className="flex flex-col gap-1 px-4 pb-4 text-xs">
      {conditions.map(({ type, status, reason, message, at }) => (
        <li key={type} className="flex flex-wrap gap-x-2 wrap-anywhere">
          <span className="font-medium">{revealHidden(`${type}: ${status}`)}</span>
          {reason !== null && <span className="text-ink-2">{revealHidden(reason)}</span>}
          {message !== null && <span className="text-ink-2">{revealHidden(message)}</span>}
          {at !== null && <Time at={at} className="text-ink-3" />}
        </li>
      ))}
    </ul>
  );
}

const CONTAINERS: Column<JobContainer>[] = [
  { name: "Container", isLead: true, className: "font-medium", cell: (container) => revealHidden(container.name) },
  {
    name: "State",
    cell: (container) => <State {...containerLook(container)} word={revealHidden(wordsOfContainer(container))} />,
  },
  {
    name: "Message",
    className: "max-w-96 text-xs text-ink-2",
    cell: ({ message }) =>
      message === null ? null : (
        <pre className="scroll-thin max-h-32 overflow-y-auto font-mono text-2xs wrap-anywhere whitespace-pre-wrap">
          {revealHidden(message)}
        </pre>
      ),
  },
  { name: "Restarts", isWideOnly: true, cell: ({ restarts }) => restarts },
  {
    name: "Ran",
    className: "whitespace-nowrap text-ink-2",
    cell: ({ startedAt, endedAt }) => (startedAt === null ? "" : <Duration from={startedAt} to={endedAt} />),
  },
  {
    name: "Image",
    isWideOnly: true,
    className: "text-xs wrap-anywhere text-ink-2",
    cell: ({ image }) => revealHidden(image),
  },
];

function wordsOfContainer({ state, reason, exitCode, signal }: JobContainer): string {
  const end = signal !== null && signal !== 0 ? `signal ${signal}` : exitCode === null ? null : `Exit code ${exitCode}`;
  return [state, reason, end].filter((part) => part !== null).join(" · ");
}

const EVENTS: Column<ClusterEvent>[] = [
  { name: "Last seen", className: "whitespace-nowrap text-ink-2", cell: ({ lastAt }) => <Time at={lastAt} /> },
  {
    name: "Reason",
    cell: ({ type, reason }) => <State isIconless {...eventLook(type)} word={revealHidden(reason)} />,
  },
  { name: "Of", className: "text-ink-2", cell: ({ of }) => of },
  {
    name: "Message",
    className: "text-xs wrap-anywhere max-sm:w-full",
    cell: ({ message }) => revealHidden(message),
  },
  { name: "Count", isWideOnly: true, className: "tabular-nums", cell: ({ count }) => count },
  { name: "From", isWideOnly: true, className: "text-xs text-ink-3", cell: ({ from }) => revealHidden(from) },
];

function keyOfEvent({ of, reason, message, firstAt }: ClusterEvent): string {
  return `${of} ${reason} ${firstAt} ${message}`;
}
