"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import type { Run } from "@/contract/run";

/** Hands a run on although its old attempt could not be confirmed gone. */
export function ForceRelease({ run }: { run: Run }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const release = useMutation(
    trpc.runs.forceRelease.mutationOptions({
      onSuccess: () => {
        setIsOpen(false);
        void client.invalidateQueries({ queryKey: trpc.runs.pathKey() });
        toast.success("Lease released");
      },
    }),
  );
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Force release…</Button>
      <DangerDialog
        isOpen={isOpen}
        onOpenChange={setIsOpen}
        title="Force-release this lease?"
        consequence="The old attempt could not be confirmed gone. If its agent is still running, two agents will write to the same volume. Check that first. The audit log records this under your name."
        typed={run.id}
        hasReason
        action="Force release"
        isPending={release.isPending}
        error={release.error}
        onConfirm={(reason) => release.mutate({ runId: run.id, reason: reason ?? "Forced by an operator" })}
      />
    </>
  );
}
