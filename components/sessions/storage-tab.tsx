"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArchiveRestore, HardDriveDownload } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { Id } from "@/components/ui/copy";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";

const MEANING: Record<StorageSummary["storageState"], string> = {
  none: "This session has no volume: nothing of its conversation outlives its run.",
  creating: "The volume is being made.",
  live: "The volume is there, and holds the conversation's rollouts and the workspace.",
  archiving: "What changed is being copied to the archive, before the volume may go.",
  deleting: "The archive is whole; the volume is being removed.",
  evicted: "The volume was removed. The archive brings it back.",
  restoring:
    "A new volume is there; the next turn's runner fills it from the archive and verifies it before its agent starts.",
  failed: "The last step failed; it is tried again by itself.",
};

const RESTORED_FROM = new Set<StorageSummary["storageState"]>(["live", "evicted", "failed"]);

type StorageProps = { session: SessionSummary; hasOpenRun: boolean };

/** A session's volume: what it holds, and the two things that can be done to it. */
export function StorageTab({ session, hasOpenRun }: StorageProps) {
  const trpc = useTRPC();
  const storage = useQuery(trpc.storage.get.queryOptions({ sessionId: session.sessionId }));
  return (
    <div className="flex max-w-3xl flex-col gap-4 p-4 lg:p-6">
      <QueryView query={storage}>
        {(summary) => <Summary summary={summary} session={session} hasOpenRun={hasOpenRun} />}
      </QueryView>
    </div>
  );
}

function Summary({ summary, session, hasOpenRun }: StorageProps & { summary: StorageSummary }) {
  return (
    <>
      <Panel title="Volume">
        <div className="flex flex-col gap-3 p-4">
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <State state={summary.storageState} /> <span className="text-ink-2">{MEANING[summary.storageState]}</span>
          </p>
          <Facts
            items={[
              ["Name", summary.pvcName === null ? "none" : <Id key="name" id={summary.pvcName} />],
              ["Place", summary.namespace ?? "unknown"],
              ["Phase", summary.pvcPhase ?? "unknown"],
              [
                "Size",
                summary.sizeBytes === null
                  ? "not measured yet"
                  : `${formatBytes(summary.sizeBytes)} in ${formatPlural(summary.filesCount ?? 0, "file")}`,
              ],
              ["Digest", summary.sha256 === null ? "none yet" : <Id key="digest" id={summary.sha256} />],
              ["Measured", <Time key="measured" at={summary.updatedAt} />],
              ["Evicted", <Time key="evicted" at={summary.evictedAt} />],
              ["Rollouts in", summary.codexRolloutSubdir],
              [
                "Archive",
                summary.restorable
                  ? "holds the last turn: it can be restored"
                  : "holds nothing that could be restored yet",
              ],
            ]}
          />
        </div>
      </Panel>
      <StorageActions summary={summary} session={session} hasOpenRun={hasOpenRun} />
    </>
  );
}

function StorageActions({ summary, session, hasOpenRun }: StorageProps & { summary: StorageSummary }) {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const client = useQueryClient();
  const refresh = () => {
    void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.storage.pathKey() });
  };
  const [isEvicting, setIsEvicting] = useState(false);
  const evict = useMutation(
    trpc.storage.evict.mutationOptions({
      onSuccess: () => {
        setIsEvicting(false);
        refresh();
        toast.success("Eviction started");
      },
    }),
  );
  const restore = useMutation(
    trpc.storage.restore.mutationOptions({
      onSuccess: (restored) => {
        refresh();
        toast.success(
          restored.storageState === "restoring"
            ? "The next turn fills the new volume from the archive"
            : "The volume is there",
        );
      },
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  // A live one too: its volume may have been lost behind our back.
  const canRestore = canOperate && summary.restorable && RESTORED_FROM.has(summary.storageState);
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        disabled={!canRestore || restore.isPending}
        onClick={() => restore.mutate({ sessionId: session.sessionId })}
      >
        <ArchiveRestore aria-hidden className="size-4" /> {restore.isPending ? "Restoring…" : "Restore from archive"}
      </Button>
      <Button disabled={!canOperate || summary.storageKind !== "pvc"} onClick={() => setIsEvicting(true)}>
        <HardDriveDownload aria-hidden className="size-4" /> Evict volume…
      </Button>
      <DangerDialog
        isOpen={isEvicting}
        onOpenChange={setIsEvicting}
        title="Evict volume"
        consequence={
          <>
            The volume of {summary.sizeBytes === null ? "unknown size" : formatBytes(summary.sizeBytes)} is archived if
            it has to be, then removed. The conversation is kept and goes on after a restore. Never while a run is open.
          </>
        }
        typed={summary.pvcName ?? session.sessionId}
        hasReason
        action="Evict volume"
        refusal={
          hasOpenRun
            ? "A run of this session is still open. Cancel it, or wait: it ends by itself a minute after its last command."
            : null
        }
        isPending={evict.isPending}
        error={evict.error === null ? null : readError(evict.error).message}
        onConfirm={(reason) => evict.mutate({ sessionId: session.sessionId, reason })}
      />
    </div>
  );
}
