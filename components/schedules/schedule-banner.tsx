import { OctagonPause, SkipForward, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { Banner } from "@/components/ui/error/banner";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Time } from "@/components/ui/time/time";
import type { Schedule, ScheduleFiring } from "@/contract/schedule";
import type { ScheduleActionHandlers } from "./use-schedule-actions";

const ICON = "mt-px size-4 shrink-0";

/** Why no task comes, or came last, and what to do about it; nothing where all is well. */
export function ScheduleBanner({ schedule, actions }: { schedule: Schedule; actions: ScheduleActionHandlers }) {
  const canOperate = useCanOperate();
  if (schedule.isPaused)
    return (
      <Banner
        tone="warn"
        icon={<OctagonPause aria-hidden className={ICON} />}
        action={
          canOperate && (
            <Button size="sm" disabled={actions.isPending} onClick={() => actions.pause(false)}>
              Resume
            </Button>
          )
        }
      >
        <b className="font-semibold">Paused.</b> Runs that come due are skipped and not caught up. You can still run it
        now.
      </Banner>
    );
  const last = schedule.lastFiring;
  if (last === null || last.outcome === "created") return null;
  if (last.outcome === "skipped")
    return (
      <Banner tone="quiet" icon={<SkipForward aria-hidden className={ICON} />}>
        <LastTime firing={last}>added no task: {revealHidden(last.message)}.</LastTime>{" "}
        <Holder taskId={last.holderTaskId} />
      </Banner>
    );
  return (
    <Banner tone={last.outcome === "refused" ? "bad" : "warn"} icon={<TriangleAlert aria-hidden className={ICON} />}>
      {last.outcome === "refused" ? (
        <>
          <LastTime firing={last}>added no task: {revealHidden(last.message)}.</LastTime> It tries again at its next
          time. Edit the task or remove the cause, then use “Run now” to check.
        </>
      ) : (
        <>
          <LastTime firing={last}>was missed: {revealHidden(last.message)}.</LastTime> Runs missed{" "}
          {schedule.catchUpMs === 0 ? "" : `more than ${formatDuration(schedule.catchUpMs)} ago `}are not caught up.
          Check on the status page that a worker is running.
        </>
      )}
    </Banner>
  );
}

function LastTime({ firing, children }: { firing: ScheduleFiring; children: ReactNode }) {
  return (
    <b className="font-semibold">
      The last run, <Time at={firing.dueAt} />, {children}
    </b>
  );
}

/** What to do where its task of before goes on and on. */
function Holder({ taskId }: { taskId: string | null }) {
  return (
    <>
      The next run starts after that task ends.{" "}
      {taskId !== null && (
        <Link href={taskAddress(taskId)} className="underline">
          Open task
        </Link>
      )}
    </>
  );
}
