"use client";
import { useMutation } from "@tanstack/react-query";
import { ShieldCheck, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { nameOf } from "@/components/sessions/name";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy";
import { withQuery } from "@/components/ui/curl/curl";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { Time } from "@/components/ui/time/time";
import type { StorageSummary } from "@/contract/storage";
import { explainLoss } from "./explain";
import { storagePath } from "./paths";
import { useStorageCache } from "./use-storage-cache";

/** Says what goes and what is lost for good, and has the volume's name typed before it goes. */
export function EvictDialog({ summary, onClose }: { summary: StorageSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const { accept } = useStorageCache();
  const evict = useMutation(
    trpc.storage.evict.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toast.success(`Evicted: ${nameOf(summary)}`);
      },
    }),
  );
  const loss = explainLoss(summary);
  const Icon = loss.isSafe ? ShieldCheck : TriangleAlert;
  const size =
    summary.sizeBytes === null
      ? "Unknown size"
      : `${formatBytes(summary.sizeBytes)} in ${formatPlural(summary.filesCount ?? 0, "file")}`;
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Evict volume"
      consequence={
        <div className="flex flex-col gap-2.5">
          <p>
            The volume of <b className="font-semibold text-ink">{nameOf(summary)}</b> ({size}) is removed now. The
            conversation stays, and can continue after a restore.
          </p>
          <p
            className={cn(
              "flex gap-2 rounded-md p-2 text-xs",
              loss.isSafe ? "bg-good-soft text-good" : "bg-warn-soft text-warn",
            )}
          >
            <Icon aria-hidden className="mt-px size-4 shrink-0" />
            <span>
              {loss.text}
              {summary.archivedAt !== null && (
                <>
                  {" "}
                  Archived <Time at={summary.archivedAt} />.
                </>
              )}
            </span>
          </p>
          {summary.sha256 !== null && (
            <p className="text-xs">
              {summary.isArchiveCurrent ? "Archive digest" : "Last measured digest"}, SHA-256:{" "}
              <code className="font-mono wrap-anywhere text-ink">{summary.sha256}</code>{" "}
              <CopyButton text={summary.sha256} label="Copy digest" />
            </p>
          )}
        </div>
      }
      typed={summary.pvcName ?? summary.sessionId}
      hasReason
      action="Evict volume"
      refusal={refusalOf(summary)}
      isPending={evict.isPending}
      error={evict.error}
      curl={(reason) => ({ method: "DELETE", path: withQuery(storagePath(summary), { reason }) })}
      onConfirm={(reason) => evict.mutate({ sessionId: summary.sessionId, reason }, { onSuccess: onClose })}
    />
  );
}

function refusalOf(summary: StorageSummary): ReactNode {
  if (summary.activeRunId !== null)
    return (
      <>
        <Link href={runAddress(summary.activeRunId)} className="underline">
          A run
        </Link>{" "}
        is using the volume. Cancel it, or wait until it ends, a minute after its last command.
      </>
    );
  return summary.pinnedAt === null ? null : "The volume is pinned. Unpin it first.";
}
