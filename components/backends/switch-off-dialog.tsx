"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { formatPlural } from "@/components/ui/format";
import type { Backend, BackendDetails } from "@/contract/backend";
import { changing } from "./backend-curls";

type SwitchOffDialogProps = {
  backend: Backend;
  isOpen: boolean;
  isPending: boolean;
  onOpenChange: (isOpen: boolean) => void;
  onConfirm: (reason: string | undefined) => void;
};

/** Asks before a profile is switched off, with what that means for what uses it now. */
export function SwitchOffDialog({ backend, isOpen, isPending, onOpenChange, onConfirm }: SwitchOffDialogProps) {
  const trpc = useTRPC();
  const { profile } = backend;
  const details = useQuery(trpc.backends.get.queryOptions({ profile }, { enabled: isOpen }));
  return (
    <DangerDialog
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      title={`Switch ${profile} off?`}
      consequence={details.data ? <Consequence details={details.data} /> : "Checking what uses it…"}
      action="Switch off"
      isPending={isPending}
      error={details.error}
      hasReason
      curl={(reason) => changing(profile, { isEnabled: false, ...(reason === undefined ? {} : { reason }) })}
      onConfirm={onConfirm}
    />
  );
}

function Consequence({ details: { use, tasks } }: { details: BackendDetails }) {
  return (
    <ul className="flex list-disc flex-col gap-1 pl-4">
      <li>{formatPlural(tasks.waiting, "queue task")} will wait until it is switched on again.</li>
      <li>
        {formatPlural(use.liveRuns, "run")} in progress {use.liveRuns === 1 ? "continues" : "continue"}.
      </li>
      <li>
        {formatPlural(use.sessions, "session")} of it {use.sessions === 1 ? "stays" : "stay"} as they are.
      </li>
      <li>New runs with it are refused.</li>
    </ul>
  );
}
