"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { toast } from "sonner";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { CopyButton } from "@/components/ui/copy";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { formatBytes } from "@/components/ui/format";
import { Time } from "@/components/ui/time/time";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import { nameOf } from "./name";

/** Says what goes for good, the newest archive by its digest, and has a word typed. Refused while a run is live. */
export function DeleteSessionDialog({ session, onClose }: { session: SessionSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const path = usePathname();
  const { sessionId } = session;
  const storage = useQuery({ ...trpc.storage.get.queryOptions({ sessionId }), staleTime: 0 });
  const remove = useMutation(
    trpc.sessions.delete.mutationOptions({
      onSuccess: () => {
        onClose();
        if (path === sessionAddress(sessionId)) router.push("/sessions");
        void client.invalidateQueries({ queryKey: trpc.sessions.list.pathKey() });
        toast.success("Session deleted");
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Delete session"
      consequence={
        <div className="flex flex-col gap-2">
          <p>
            This deletes <b className="font-semibold text-ink">{nameOf(session)}</b> with its runs, events, volume and
            archive. It cannot be undone.
          </p>
          {storage.data !== undefined && <Stored storage={storage.data} />}
          <ErrorNote error={storage.error} />
        </div>
      }
      typed="delete"
      keep="Cancel"
      action="Delete session"
      refusal={storage.data === undefined ? null : refusalOf(storage.data)}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ sessionId })}
    />
  );
}

/** What there is of it that no other place has. */
function Stored({ storage }: { storage: StorageSummary }) {
  const { archivedAt, isArchiveCurrent, sha256, sizeBytes } = storage;
  return (
    <ul className="flex list-disc flex-col gap-1 pl-4 text-xs">
      <li>
        {archivedAt === null ? (
          "It has no archive."
        ) : (
          <>
            Last archived <Time at={archivedAt} />, {isArchiveCurrent ? "after the last turn" : "before the last turn"}.
          </>
        )}
      </li>
      {storage.storageKind === "pvc" && <li>Volume{sizeBytes === null ? "" : `: ${formatBytes(sizeBytes)}`}</li>}
      {sha256 !== null && (
        <li>
          SHA-256 of the {isArchiveCurrent ? "archive" : "volume when last measured"}:{" "}
          <code className="font-mono wrap-anywhere text-ink">{sha256}</code>{" "}
          <CopyButton text={sha256} label="Copy digest" />
        </li>
      )}
    </ul>
  );
}

function refusalOf({ activeRunId }: StorageSummary) {
  if (activeRunId === null) return null;
  return (
    <>
      <Link href={runAddress(activeRunId)} className="underline">
        A run
      </Link>{" "}
      of this session is still active. Cancel it, or wait: it ends a minute after its last command.
    </>
  );
}
