"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { SessionPicker } from "@/components/compare/session-picker";
import { CancelRunDialog } from "@/components/runs/cancel-run";
import { compareAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import type { SessionSummary } from "@/contract/session";
import { DeleteSessionDialog } from "./delete-session";
import { RenameSessionDialog } from "./rename-session";
import type { SessionDialog } from "./session-menu";

type SessionDialogsProps = {
  session: SessionSummary;
  runId: string | null;
  dialog: SessionDialog;
  onClose: () => void;
};

/** The dialog of what was chosen in a session's menu. */
export function SessionDialogs({ session, runId, dialog, onClose }: SessionDialogsProps) {
  const router = useRouter();
  switch (dialog) {
    case "compare":
      return (
        <SessionPicker
          title="Compare with another session"
          otherId={session.sessionId}
          onPick={(id) => router.push(compareAddress(session.sessionId, id))}
          onClose={onClose}
        />
      );
    case "rename":
      return <RenameSessionDialog session={session} onClose={onClose} />;
    case "delete":
      return <DeleteSessionDialog session={session} onClose={onClose} />;
    case "cancel":
      return runId === null ? null : <CancelDialog runId={runId} onClose={onClose} />;
  }
}

/** How a run stands decides what cancelling means. */
function CancelDialog({ runId, onClose }: { runId: string; onClose: () => void }) {
  const run = useQuery(useTRPC().runs.get.queryOptions({ runId })).data;
  return run === undefined ? null : (
    <CancelRunDialog run={run} isOpen onOpenChange={(isOpen) => !isOpen && onClose()} />
  );
}
