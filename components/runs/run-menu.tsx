"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { usePeekOpener } from "@/components/peek/peek-space";
import { sessionAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { shortenId } from "@/components/ui/format";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";

const CancelRunDialog = dynamic(() => import("./cancel-run").then((module) => module.CancelRunDialog), { ssr: false });

/** A run's actions, behind one button. */
export function RunMenu({ run }: { run: Run }) {
  const router = useRouter();
  const canOperate = useCanOperate();
  const openPeek = usePeekOpener();
  const [isCancelling, setIsCancelling] = useState(false);
  const sessionId = run.sessionRef?.sessionId;
  const canCancel = canOperate && !isTerminal(run.status);
  const path = `/runs/${encodeURIComponent(run.id)}`;
  return (
    <>
      <ActionsMenu label={`Actions on ${shortenId(run.id)}`}>
        {openPeek !== null && <MenuItem onSelect={() => openPeek(run.id)}>Preview</MenuItem>}
        {typeof sessionId === "string" && (
          <MenuItem onSelect={() => router.push(sessionAddress(sessionId))}>Open session</MenuItem>
        )}
        {run.taskId !== null && (
          <MenuItem onSelect={() => router.push(taskAddress(run.taskId ?? ""))}>Open task</MenuItem>
        )}
        <MenuItem onSelect={() => void copyText(run.id)}>Copy ID</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
        {canCancel && (
          <>
            <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${path}/cancel`, body: {} })}>
              Copy cancel as curl
            </MenuItem>
            <MenuSeparator />
            <MenuItem isDanger isDisabled={run.cancelRequestedAt !== null} onSelect={() => setIsCancelling(true)}>
              {run.cancelRequestedAt === null ? "Cancel run…" : "Cancelling…"}
            </MenuItem>
          </>
        )}
      </ActionsMenu>
      {isCancelling && <CancelRunDialog run={run} isOpen onOpenChange={setIsCancelling} />}
    </>
  );
}
