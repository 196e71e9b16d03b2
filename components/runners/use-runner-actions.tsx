import dynamic from "next/dynamic";
import { useRef, useState } from "react";
import { DialogLoading } from "@/components/ui/dialog/dialog-loading";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import type { CostlyAction } from "./action-dialog";
import { useRunnerAction } from "./use-runner-action";

const RunnerActionDialog = dynamic(() => import("./action-dialog").then((module) => module.RunnerActionDialog), {
  ssr: false,
  loading: DialogLoading,
});

/** Giving a runner its orders: what costs something is asked about first. */
export function useRunnerActions(runner: Runner) {
  const [pendingAction, setPendingAction] = useState<CostlyAction | null>(null);
  const drain = useRunnerAction("drain");
  const reason = useRef<string | undefined>(undefined);
  const resume = useRunnerAction("resume", {
    undo: () => drain.mutate({ runnerId: runner.id, reason: reason.current }),
  });
  const run = (action: RunnerAction) => {
    if (action !== "resume") return setPendingAction(action);
    reason.current = runner.drain?.reason ?? undefined;
    resume.mutate({ runnerId: runner.id });
  };
  const dialog = pendingAction !== null && (
    <RunnerActionDialog runner={runner} action={pendingAction} onClose={() => setPendingAction(null)} />
  );
  return { run, dialog, isResuming: resume.isPending };
}
