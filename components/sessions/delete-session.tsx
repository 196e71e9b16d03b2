"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { toast } from "sonner";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { CopyButton } from "@/components/ui/copy";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { formatBytes } from "@/components/ui/format";
import { Time } from "@/components/ui/time";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import { nameOf } from "./name";

/** Says what goes for good, the newest archive by its digest, and has the session's id typed. Refused while a run is live. */
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
            The conversation <b className="font-semibold text-ink">{nameOf(session)}</b>, its runs, its events, its
            volume and its archive are removed. Nothing brings them back.
          </p>
          {storage.data !== undefined && <Stored storage={storage.data} />}
          <ErrorNote error={storage.error} />
        </div>
      }
      typed={sessionId}
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
          "No archive was made of it."
        ) : (
          <>
            Its newest archive was made <Time at={archivedAt} />{" "}
            {isArchiveCurrent ? "and holds its last turn." : "and does not hold its last turn."}
          </>
        )}
      </li>
      {storage.storageKind === "pvc" && (
        <li>Its volume{sizeBytes === null ? "" : ` holds ${formatBytes(sizeBytes)}`}.</li>
      )}
      {sha256 !== null && (
        <li>
          {isArchiveCurrent ? "Digest of what the archive holds" : "Digest of the volume when last measured"}, SHA-256:{" "}
          <code className="font-mono wrap-anywhere text-ink">{sha256}</code>{" "}
          <CopyButton text={sha256} label="Copy the digest" />
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
      of it is live. Cancel it, or wait: it ends by itself a minute after its last command.
    </>
  );
}
