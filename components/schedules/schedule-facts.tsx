import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { promptOf } from "@/components/queue/add/prompt";
import { auditAddress, backendAddress, sessionAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { SCHEDULES_POLL_MS } from "@/components/trpc/lists";
import { Id } from "@/components/ui/copy";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { JsonPanel } from "@/components/ui/json-panel";
import { Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { Time } from "@/components/ui/time/time";
import { formatInZone } from "@/components/ui/time/zone";
import type { Schedule } from "@/contract/schedule";
import { FIRINGS_KEPT_DAYS } from "@/contract/words";
import { boundsOf } from "./draft";
import { OVERLAP_WORDS } from "./words";

/** When a schedule comes, what it adds, and whose it is. */
export function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { retry, executionPolicy, workspaceRef, references = [], metadata = {} } = schedule.task;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <NextTimes schedule={schedule} />
      <Panel title="Details">
        <PlanFacts schedule={schedule} />
      </Panel>
      <Panel title="Task">
        <TaskFacts schedule={schedule} />
      </Panel>
      {workspaceRef !== undefined && <JsonPanel title="Workspace" value={workspaceRef} />}
      {references.length > 0 && <JsonPanel title="References" value={references} />}
      {Object.keys(metadata).length > 0 && <JsonPanel title="Metadata" value={metadata} />}
      {retry !== undefined && <JsonPanel title="Retry policy" value={retry} />}
      {executionPolicy !== undefined && <JsonPanel title="Execution policy" value={executionPolicy} />}
    </div>
  );
}

function NextTimes({ schedule }: { schedule: Schedule }) {
  const { cron, timeZone, isPaused, nextAt } = schedule;
  const query = useQuery(
    useTRPC().schedules.preview.queryOptions(
      { cron, timeZone, ...boundsOf(schedule) },
      { enabled: nextAt !== null, refetchInterval: SCHEDULES_POLL_MS },
    ),
  );
  return (
    <Panel title="Next runs">
      {nextAt === null ? (
        <p className="p-4 text-xs text-ink-3">{isPaused ? "None while paused" : "None: it has ended"}</p>
      ) : (
        <QueryView query={query} skeleton={<p className="min-h-32 p-4 text-xs text-ink-3">Loading…</p>}>
          {({ times }) => (
            <ol className="flex min-h-32 flex-col gap-1 p-4 text-xs tabular-nums">
              {times.map((time) => (
                <li key={time} className="flex flex-wrap justify-between gap-x-3">
                  <span suppressHydrationWarning>{formatInZone(time, timeZone)}</span>
                  <Time at={time} timeZone={timeZone} className="text-ink-3" />
                </li>
              ))}
            </ol>
          )}
        </QueryView>
      )}
    </Panel>
  );
}

function PlanFacts({ schedule }: { schedule: Schedule }) {
  const { words, cron, timeZone, overlap, catchUpMs, jitterMs, startsAt, endsAt } = schedule;
  return (
    <Facts
      className="p-4"
      items={[
        ["Frequency", words],
        ["Cron", <code key="cron">{revealHidden(cron)}</code>],
        ["Time zone", timeZone],
        ["If still running", OVERLAP_WORDS[overlap].name],
        ["Missed runs", catchUpMs === 0 ? "Not caught up" : `Catch up within ${formatDuration(catchUpMs)}`],
        ["Jitter", jitterMs === 0 ? null : `up to ${formatDuration(jitterMs)}`],
        ["Starts", startsAt === null ? null : <Time key="starts" at={startsAt} timeZone={timeZone} />],
        ["Ends", endsAt === null ? null : <Time key="ends" at={endsAt} timeZone={timeZone} />],
        ["Project", `${schedule.tenantId} / ${schedule.projectId}`],
        ["Created by", operatorName(schedule.createdBy)],
        ["Created", <Time key="made" at={schedule.createdAt} />],
        ["Updated", <Time key="changed" at={schedule.updatedAt} />],
        ["ID", <Id key="id" id={schedule.id} />],
        ["History kept", `${FIRINGS_KEPT_DAYS} days`],
        [
          "Activity",
          <Link key="audit" href={auditAddress(schedule.id)} className="text-accent underline">
            View audit log
          </Link>,
        ],
      ]}
    />
  );
}

function TaskFacts({ schedule: { task } }: { schedule: Schedule }) {
  const { title, backendProfile, queue = "default", lane = "default", priority, sessionId, expiresAfterMs } = task;
  return (
    <div className="flex flex-col gap-3 p-4">
      <Facts
        items={[
          ["Title", title],
          [
            "Profile",
            <Link key="profile" href={backendAddress(backendProfile)} className="text-accent hover:underline">
              {revealHidden(backendProfile)}
            </Link>,
          ],
          ["Queue", `${queue} / ${lane}`],
          ["Priority", priority ?? 0],
          [
            "Session",
            sessionId === undefined ? (
              "new for each run"
            ) : (
              <Link key="session" href={sessionAddress(sessionId)} className="text-accent hover:underline">
                {revealHidden(sessionId)}
              </Link>
            ),
          ],
          ["Expires", expiresAfterMs === undefined ? null : `${formatDuration(expiresAfterMs)} after each run is due`],
        ]}
      />
      <ScrollRegion label="Prompt" className="max-h-60 rounded-md border bg-code p-2">
        <p className="text-xs wrap-anywhere whitespace-pre-wrap">{revealHidden(promptOf(task))}</p>
      </ScrollRegion>
    </div>
  );
}
