"use client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { consequenceOf } from "./consequences";
import { useRunnerAction } from "./use-runner-action";

export type CostlyAction = Exclude<RunnerAction, "resume">;

const WORDS: Record<CostlyAction, { title: string; action: string }> = {
  drain: { title: "Drain runner", action: "Drain" },
  revoke: { title: "Revoke token", action: "Revoke token" },
  kill: { title: "Kill runner", action: "Kill" },
};

type RunnerActionDialogProps = { runner: Runner; action: CostlyAction; onClose: () => void };

/** Asks why, and says what becomes of the run, before a runner is drained, fenced or killed. */
export function RunnerActionDialog({ runner, action, onClose }: RunnerActionDialogProps) {
  const runnerAction = useRunnerAction(action, { onDone: onClose });
  const { runId, run } = runner;
  return (
    <DangerDialog
      isOpen
      onOpenChange={onClose}
      title={WORDS[action].title}
      consequence={
        <>
          <p>{consequenceOf(runner, action)}</p>
          {runId !== null && run?.isHeld === true && (
            <p className="mt-2 text-xs text-ink-3">
              Run: {run.title === null ? "" : `“${revealHidden(run.title)}”, `}
              <code title={runId}>{shortenId(runId)}</code>.
            </p>
          )}
        </>
      }
      refusal={runner.refusals[action]}
      hasReason
      action={WORDS[action].action}
      isPending={runnerAction.isPending}
      error={runnerAction.error}
      curl={(reason) => ({
        ...{ method: "POST", path: `/runners/${encodeURIComponent(runner.id)}/${action}` },
        body: reason === undefined ? {} : { reason },
      })}
      onConfirm={(reason) => runnerAction.mutate({ runnerId: runner.id, ...(reason === undefined ? {} : { reason }) })}
    />
  );
}
