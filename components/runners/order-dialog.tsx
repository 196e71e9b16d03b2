"use client";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { consequenceOf } from "./consequences";
import { useOrder } from "./use-orders";

export type Costly = Exclude<RunnerAction, "resume">;

const WORDS: Record<Costly, { title: string; action: string }> = {
  drain: { title: "Drain runner", action: "Drain" },
  revoke: { title: "Revoke token", action: "Revoke token" },
  kill: { title: "Kill runner", action: "Kill" },
};

type OrderDialogProps = { runner: Runner; order: Costly; onClose: () => void };

/** Asks why, and says what becomes of the run, before a runner is drained, fenced or killed. */
export function OrderDialog({ runner, order, onClose }: OrderDialogProps) {
  const given = useOrder(order, { onDone: onClose });
  const { runId, run } = runner;
  return (
    <DangerDialog
      isOpen
      onOpenChange={onClose}
      title={WORDS[order].title}
      consequence={
        <>
          <p>{consequenceOf(runner, order)}</p>
          {runId !== null && run?.isHeld === true && (
            <p className="mt-2 text-xs text-ink-3">
              Run: {run.title === null ? "" : `“${showTricks(run.title)}”, `}
              <code title={runId}>{shortenId(runId)}</code>.
            </p>
          )}
        </>
      }
      refusal={runner.refusals[order]}
      hasReason
      action={WORDS[order].action}
      isPending={given.isPending}
      error={given.error}
      curl={(reason) => ({
        ...{ method: "POST", path: `/runners/${encodeURIComponent(runner.id)}/${order}` },
        body: reason === undefined ? {} : { reason },
      })}
      onConfirm={(reason) => given.mutate({ runnerId: runner.id, ...(reason === undefined ? {} : { reason }) })}
    />
  );
}
