"use client";
import { CircleArrowRight, Clock, OctagonX } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { ordinal } from "@/components/queue/task/explain";
import { Wait } from "@/components/queue/task/why-it-waits";
import { taskAddress } from "@/components/shell/addresses";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { TONE_SOFT, type Tone } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { TaskTrial } from "@/contract/queue";

const OUTCOME_STYLES: Record<TaskTrial["outcome"], { tone: Tone; icon: typeof Clock; verdict: string }> = {
  dispatched: { tone: "good", icon: CircleArrowRight, verdict: "Starts now" },
  waits: { tone: "quiet", icon: Clock, verdict: "Waits" },
  expires: { tone: "warn", icon: OctagonX, verdict: "Expires before it starts" },
  refused: { tone: "warn", icon: OctagonX, verdict: "Refused when due" },
  exists: { tone: "quiet", icon: Clock, verdict: "Already exists" },
};

/** What adding a task would come to, as it was just tried: nothing was written. */
export function TaskTrialNote({ trial }: { trial: TaskTrial }) {
  const { outcome, message, blocker, rank, task, taskId, asOf } = trial;
  const { tone, icon: Icon, verdict } = OUTCOME_STYLES[outcome];
  const container = useRef<HTMLElement>(null);
  // It stands at the end of a long form.
  // Browsers answer it with a promise, which is no clean-up.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each trial is shown as it comes.
  useEffect(() => void container.current?.scrollIntoView({ block: "nearest" }), [asOf]);
  return (
    <section ref={container} aria-label="Preview" className="flex flex-col gap-2 rounded-md border p-3 text-xs">
      <p role="status" className="flex flex-wrap items-center gap-2">
        <span className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium ${TONE_SOFT[tone]}`}>
          <Icon aria-hidden className="size-3.5" /> {verdict}
        </span>
        <span className="text-ink-3">
          checked <Time at={asOf} />, nothing added yet
        </span>
      </p>
      {blocker !== null ? (
        <Wait className="text-sm" task={task} wait={{ ...trial, blocker }} />
      ) : (
        <p className="wrap-anywhere">
          {revealHidden(sentence(message))}
          {outcome === "dispatched" && rank !== null && rank > 1 && `, ${ordinal(rank)} in ${task.lane}`}.{" "}
          {taskId !== null && (
            <Link href={taskAddress(taskId)} className="text-accent hover:underline">
              Open task
            </Link>
          )}
        </p>
      )}
    </section>
  );
}
