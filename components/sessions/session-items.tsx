"use client";
import { Columns2, Copy, PanelRight, Pencil, Search, SquareTerminal, Trash2, XCircle } from "lucide-react";
import { useRouter } from "next/navigation";
import { sessionSearchAddress } from "@/components/conversations/addresses";
import { usePeekOpener } from "@/components/peek/peek-space";
import { useCanOperate } from "@/components/shell/identity";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { SessionSummary } from "@/contract/session";
import type { SessionDialog } from "./session-menu";

type SessionItemsProps = {
  session: SessionSummary;
  runId: string | null;
  onDialog: (dialog: SessionDialog) => void;
};

/** The acts of a session's menu, and the calls of the API that do the same. */
export function SessionItems({ session, runId, onDialog }: SessionItemsProps) {
  const canOperate = useCanOperate();
  const openPeek = usePeekOpener();
  const router = useRouter();
  const path = `/sessions/${encodeURIComponent(session.sessionId)}`;
  const icon = "size-3.5";
  return (
    <>
      {openPeek !== null && (
        <MenuItem onSelect={() => openPeek(session.sessionId)}>
          <PanelRight aria-hidden className={icon} /> Preview
        </MenuItem>
      )}
      <MenuItem onSelect={() => router.push(sessionSearchAddress(session.sessionId))}>
        <Search aria-hidden className={icon} /> Search this session
      </MenuItem>
      <MenuItem onSelect={() => onDialog("compare")}>
        <Columns2 aria-hidden className={icon} /> Compare with…
      </MenuItem>
      <MenuItem onSelect={() => void copyText(session.sessionId)}>
        <Copy aria-hidden className={icon} /> Copy ID
      </MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path })}>
        <SquareTerminal aria-hidden className={icon} /> Copy as curl
      </MenuItem>
      {canOperate && (
        <>
          {runId !== null && (
            <MenuItem
              onSelect={() =>
                void copyCurl({ method: "POST", path: `/runs/${encodeURIComponent(runId)}/cancel`, body: {} })
              }
            >
              <SquareTerminal aria-hidden className={icon} /> Copy cancel run as curl
            </MenuItem>
          )}
          <MenuSeparator />
          <MenuItem onSelect={() => onDialog("rename")}>
            <Pencil aria-hidden className={icon} /> Rename…
          </MenuItem>
          <MenuItem onSelect={() => onDialog("cancel")} isDisabled={runId === null}>
            <XCircle aria-hidden className={icon} /> Cancel run…
          </MenuItem>
          <MenuSeparator />
          <MenuItem isDanger onSelect={() => onDialog("delete")}>
            <Trash2 aria-hidden className={icon} /> Delete session…
          </MenuItem>
        </>
      )}
    </>
  );
}
