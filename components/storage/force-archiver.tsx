"use client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import type { StorageSummary } from "@/contract/storage";
import { useStorageCache } from "./use-storage-cache";

/** Takes a volume from an archiver that could not be confirmed gone. */
export function ForceArchiver({ summary }: { summary: StorageSummary }) {
  const trpc = useTRPC();
  const { accept } = useStorageCache();
  const [isOpen, setIsOpen] = useState(false);
  const release = useMutation(
    trpc.storage.forceRelease.mutationOptions({
      onSuccess: (answer) => {
        setIsOpen(false);
        accept(answer);
        toast.success("Volume released from its archiver");
      },
    }),
  );
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-md bg-warn-soft px-3 py-2 text-xs text-warn">
      <span className="min-w-0 grow">
        Its archiver is being stopped, and a run waits until it is confirmed gone. A node that does not answer never
        confirms that.
      </span>
      <Button onClick={() => setIsOpen(true)}>Force release…</Button>
      <DangerDialog
        isOpen={isOpen}
        onOpenChange={setIsOpen}
        title="Force-release this volume?"
        consequence="The archiver could not be confirmed gone. It only reads, and its result is no longer accepted. If its pod still holds the claim, the next run's pod waits for it. The audit log records this under your name."
        typed={summary.pvcName ?? summary.sessionId}
        hasReason
        action="Force release"
        isPending={release.isPending}
        error={release.error}
        onConfirm={(reason) =>
          release.mutate({ sessionId: summary.sessionId, reason: reason ?? "Forced by an operator" })
        }
      />
    </div>
  );
}
