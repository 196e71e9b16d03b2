"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Circle, CircleDot, OctagonX } from "lucide-react";
import { useEffect } from "react";
import { useRunCommands } from "@/components/sessions/use-session";
import { useTRPC } from "@/components/trpc/client";
import { cn } from "@/components/ui/class-names";
import { formatDuration } from "@/components/ui/format";
import { Time } from "@/components/ui/time/time";
import type { Run } from "@/contract/run";
import { type Step, stepsOf } from "./steps";

const STEP_STYLES = {
  done: { icon: Check, className: "border-good bg-good-soft text-good", word: "done" },
  now: { icon: CircleDot, className: "border-busy bg-busy-soft text-busy", word: "under way" },
  ahead: { icon: Circle, className: "text-ink-3", word: "to come" },
  bad: { icon: OctagonX, className: "border-bad bg-bad-soft text-bad", word: "failed" },
} as const;

/** A run's life in steps, each with when it came and how long after the one before. */
export function RunSteps({ run }: { run: Run }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const options = trpc.runs.timeline.queryOptions({ runId: run.id });
  const { data } = useQuery(options);
  const commands = useRunCommands(run.id).data ?? [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that has changed may have been claimed.
  useEffect(() => {
    void client.invalidateQueries({ queryKey: options.queryKey });
    void client.invalidateQueries({ queryKey: trpc.runnerJobs.list.queryKey({ runId: run.id }) });
  }, [run.version, run.status]);
  const steps = stepsOf({ run, spans: data?.spans ?? [], commands });
  return (
    <ol
      aria-label="Steps of this run"
      className="grid gap-x-2 gap-y-1 rounded-lg border bg-panel p-3 sm:grid-flow-col sm:auto-cols-fr"
    >
      {steps.map((step, index) => (
        <StepView key={step.name} step={step} before={steps[index - 1] ?? null} />
      ))}
    </ol>
  );
}

function StepView({ step, before }: { step: Step; before: Step | null }) {
  const { icon: Icon, className, word } = STEP_STYLES[step.state];
  const afterMs = step.at === null || before?.at == null ? null : Date.parse(step.at) - Date.parse(before.at);
  return (
    <li
      aria-current={step.state === "now" ? "step" : undefined}
      className="flex min-w-0 items-start gap-2 text-xs max-sm:items-center"
    >
      <span className={cn("flex size-6 shrink-0 items-center justify-center rounded-full border", className)}>
        <Icon aria-label={word} className="size-3.5" />
      </span>
      <span className="flex min-w-0 flex-1 gap-x-2 max-sm:items-baseline sm:flex-col">
        <span className={cn("font-medium", step.state === "ahead" && "text-ink-3")}>
          {step.name}
          {step.note !== undefined && <span className="font-normal text-ink-3"> · {step.note}</span>}
        </span>
        {/* Two lines from the start where steps stand side by side: what is below, and about to be pressed, stays put. */}
        <span className="flex flex-wrap gap-x-2 text-ink-3 sm:min-h-8 sm:flex-col">
          {step.at === null ? "—" : <Time at={step.at} />}
          {afterMs !== null && afterMs >= 0 && <span>+{formatDuration(afterMs)}</span>}
        </span>
      </span>
    </li>
  );
}
