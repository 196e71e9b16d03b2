"use client";
import dynamic from "next/dynamic";
import { useState } from "react";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import type { SessionSummary } from "@/contract/session";
import { nameOf } from "./name";

export type SessionDialog = "rename" | "compare" | "cancel" | "delete";

// Both are there when they are first asked for.
const SessionItems = dynamic(() => import("./session-items").then((module) => module.SessionItems), { ssr: false });
const Dialogs = dynamic(() => import("./session-dialogs").then((module) => module.SessionDialogs), { ssr: false });

type SessionMenuProps = {
  session: SessionSummary;
  /** Its run that is not over; null where there is none. */
  runId: string | null;
  label: string;
  dialog: SessionDialog | null;
  onDialog: (dialog: SessionDialog | null) => void;
};

/** What can be done to a session as a whole, behind one button. */
export function SessionMenu({ session, runId, label, dialog, onDialog }: SessionMenuProps) {
  return (
    <>
      <ActionsMenu label={label} size="icon">
        <SessionItems session={session} runId={runId} onDialog={onDialog} />
      </ActionsMenu>
      {dialog !== null && <Dialogs session={session} runId={runId} dialog={dialog} onClose={() => onDialog(null)} />}
    </>
  );
}

/** The same in a list's row, which knows of its run what the list does. */
export function SessionRowMenu({ session }: { session: SessionSummary }) {
  const [dialog, setDialog] = useState<SessionDialog | null>(null);
  const runId = session.executionState === "running" ? session.activeRunId : null;
  const label = `Actions on session ${nameOf(session)}`;
  return <SessionMenu session={session} runId={runId} label={label} dialog={dialog} onDialog={setDialog} />;
}
