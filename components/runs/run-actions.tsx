"use client";
import { RotateCcw, XCircle } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import { sessionAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate, useIdentity } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button, buttonStyle } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { DialogLoading } from "@/components/ui/dialog/dialog-loading";
import { MenuItem } from "@/components/ui/menu/menu";
import { sameRun } from "@/contract/again";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { CancelRunDialog } from "./cancel-run";
import { ForceRelease } from "./force-release";

const RunAgainDialog = dynamic(() => import("./run-again").then((module) => module.RunAgainDialog), {
  ssr: false,
  loading: DialogLoading,
});

/** What can be done to one run, and the calls of the API that do the same. */
export function RunActions({ run }: { run: Run }) {
  const [dialog, setDialog] = useState<"cancel" | "again" | null>(null);
  const router = useRouter();
  const canOperate = useCanOperate();
  const isAdmin = useIdentity().role === "admin";
  const hasEnded = isTerminal(run.status);
  const path = `/runs/${encodeURIComponent(run.id)}`;
  const close = () => setDialog(null);
  const sessionId = run.sessionRef?.sessionId;
  usePageKeys([
    {
      keys: "c",
      name: "Cancel run",
      run: () => {
        const refusal = refusalOf(run, canOperate);
        if (refusal === null) setDialog("cancel");
        else toast(refusal);
      },
    },
    ...(canOperate && hasEnded && run.taskId === null
      ? [{ keys: "r", name: "Run again", run: () => setDialog("again") }]
      : []),
    ...(typeof sessionId === "string"
      ? [{ keys: "s", name: "Open session", run: () => router.push(sessionAddress(sessionId)) }]
      : []),
  ]);
  return (
    <>
      {isAdmin && run.leaseState === "fencing" && <ForceRelease run={run} />}
      {canOperate && !hasEnded && (
        <Button disabled={run.cancelRequestedAt !== null} onClick={() => setDialog("cancel")}>
          <XCircle aria-hidden className="size-4" /> {run.cancelRequestedAt === null ? "Cancel" : "Cancelling…"}
        </Button>
      )}
      {/* A queue's task is tried again by its queue, within its limits. */}
      {canOperate && hasEnded && run.taskId !== null && (
        <Link href={taskAddress(run.taskId)} className={buttonStyle()}>
          <RotateCcw aria-hidden className="size-4" /> Open task
        </Link>
      )}
      {canOperate && hasEnded && run.taskId === null && (
        <Button onClick={() => setDialog("again")}>
          <RotateCcw aria-hidden className="size-4" /> Run again…
        </Button>
      )}
      <CurlMenu>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy run as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/events` })}>Copy events as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/timeline` })}>Copy timeline as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/changes` })}>Copy changes as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/turns` })}>Copy turns as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/job` })}>Copy Job and pod as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/log` })}>Copy log as curl</MenuItem>
        {canOperate && !hasEnded && (
          <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${path}/cancel`, body: {} })}>
            Copy cancel as curl
          </MenuItem>
        )}
        {canOperate && (
          <MenuItem onSelect={() => void copyCurl({ method: "POST", path: "/runs", body: sameRun(run) })}>
            Copy new run as curl
          </MenuItem>
        )}
      </CurlMenu>
      <CancelRunDialog run={run} isOpen={dialog === "cancel"} onOpenChange={close} />
      {dialog === "again" && <RunAgainDialog run={run} isOpen onOpenChange={close} />}
    </>
  );
}

/** Why a run is not to be cancelled. */
function refusalOf(run: Run, canOperate: boolean): string | null {
  if (!canOperate) return "Only operators can cancel runs";
  if (isTerminal(run.status)) return "The run has already ended";
  return run.cancelRequestedAt === null ? null : "The run is already being cancelled";
}
