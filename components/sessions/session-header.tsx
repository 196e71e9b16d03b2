"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { runAddress, storageAddress } from "@/components/shell/addresses";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { usageOfSession } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { formatBytes, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { useHydratedNow } from "@/components/ui/time/clock";
import { Countdown } from "@/components/ui/time/time";
import { briefWords, callsWords } from "@/components/usage/words";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { briefError } from "./brief-error";
import { DemoLabel } from "./demo-label";
import { nameOf } from "./name";
import { type SessionDialog, SessionMenu } from "./session-menu";
import { explainSession } from "./session-state";
import { useSilenceChecks } from "./use-silence-checks";

/** A session's name, its state and why, and what can be done to it as a whole. */
export function SessionHeader({ session, openRun }: { session: SessionSummary; openRun: Run | null }) {
  const [dialog, setDialog] = useState<SessionDialog | null>(null);
  usePageKeys([{ keys: "=", name: "Compare with another session", run: () => setDialog("compare") }]);
  const trpc = useTRPC();
  const used = useQuery(usageOfSession(trpc, session.sessionId)).data;
  const usage = used?.total;
  // The label beside the title has a model that is called like its profile.
  const models = (used?.models ?? []).map(({ model }) => model).filter((model) => model !== session.backendProfile);
  const nowMs = useHydratedNow();
  const [current = session] = useSilenceChecks([session]);
  const explained = explainSession(current, openRun, nowMs);
  return (
    <header className="flex items-start gap-2 bg-panel px-3 pt-2.5 pb-1.5 lg:px-6">
      <BackTo href="/sessions" name="All sessions" className="max-lg:ml-0" />
      <div className="min-w-0 flex-1">
        <h1 className="line-clamp-2 text-base font-semibold tracking-tight wrap-anywhere" title={nameOf(session)}>
          {nameOf(session)} <DemoLabel profile={session.backendProfile} />
        </h1>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-ink-2">
          <State isIconless state={explained.state} word={explained.word} />
          <span className="line-clamp-2 min-w-0 wrap-anywhere" title={revealHidden(explained.why)}>
            {revealHidden(briefError(explained.why))}
          </span>
          {explained.next !== undefined && (
            <span className="text-ink-3">
              {revealHidden(explained.next.text)} <Countdown to={explained.next.at} />
            </span>
          )}
          {usage !== undefined && usage.calls > 0 && (
            <span className="whitespace-nowrap text-ink-3 tabular-nums" title={callsWords(usage)}>
              {models.length > 0 && `${revealHidden(models.join(", "))} · `}
              {briefWords(usage)}
            </span>
          )}
          {openRun !== null && (
            <Link href={runAddress(openRun.id)} className="whitespace-nowrap text-ink-3 hover:underline max-sm:hidden">
              {shortenId(openRun.id)}
              {openRun.claimedBy !== null && ` · ${shortenId(openRun.claimedBy)}`}
            </Link>
          )}
          {session.storageState === "live" && session.storageSizeBytes !== null && (
            <Link
              href={storageAddress(session.sessionId)}
              className="whitespace-nowrap text-ink-3 tabular-nums hover:underline max-sm:hidden"
            >
              {formatBytes(session.storageSizeBytes)} volume
            </Link>
          )}
        </p>
      </div>
      <SessionMenu
        session={session}
        runId={openRun?.id ?? null}
        label="Session actions"
        dialog={dialog}
        onDialog={setDialog}
      />
    </header>
  );
}
