import { OctagonPause, SkipForward, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { formatDuration } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Time } from "@/components/ui/time";
import type { Schedule, ScheduleFiring } from "@/contract/schedule";
import type { ScheduleActs } from "./use-schedule-acts";

const ICON = "mt-px size-4 shrink-0";

/** Why no task comes, or came last, and what to do about it; nothing where all is well. */
export function ScheduleBanner({ schedule, acts }: { schedule: Schedule; acts: ScheduleActs }) {
  const canOperate = useCanOperate();
  if (schedule.isPaused)
    return (
      <Banner
        tone="warn"
        icon={<OctagonPause aria-hidden className={ICON} />}
        action={
          canOperate && (
            <Button size="sm" disabled={acts.isPending} onClick={() => acts.pause(false)}>
              Resume
            </Button>
          )
        }
      >
        <b className="font-semibold">Somebody has paused it.</b> What is due meanwhile brings no task, and is not made
        up for. One can be added now all the same.
      </Banner>
    );
  const last = schedule.lastFiring;
  if (last === null || last.outcome === "created") return null;
  if (last.outcome === "skipped")
    return (
      <Banner tone="quiet" icon={<SkipForward aria-hidden className={ICON} />}>
        <LastTime firing={last}>brought no task: {showTricks(last.message)}.</LastTime>{" "}
        <Holder taskId={last.holderTaskId} />
      </Banner>
    );
  return (
    <Banner tone={last.outcome === "refused" ? "bad" : "warn"} icon={<TriangleAlert aria-hidden className={ICON} />}>
      {last.outcome === "refused" ? (
        <>
          <LastTime firing={last}>brought no task: {showTricks(last.message)}.</LastTime> It is tried again at its next
          time. Change its task, or what stands in its way, then add one now to see that it comes.
        </>
      ) : (
        <>
          <LastTime firing={last}>was missed: {showTricks(last.message)}.</LastTime> What was missed{" "}
          {schedule.catchUpMs === 0 ? "" : `longer than ${formatDuration(schedule.catchUpMs)} ago `}is not made up for.
          See under Status that a worker is there; one can be added now.
        </>
      )}
    </Banner>
  );
}

function LastTime({ firing, children }: { firing: ScheduleFiring; children: ReactNode }) {
  return (
    <b className="font-semibold">
      Its last time, <Time at={firing.dueAt} />, {children}
    </b>
  );
}

/** What to do where its task of before goes on and on. */
function Holder({ taskId }: { taskId: string | null }) {
  return (
    <>
      The next one comes once that has ended.{" "}
      {taskId !== null && (
        <Link href={taskAddress(taskId)} className="underline">
          See what it does
        </Link>
      )}
    </>
  );
}
