"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import type { ConversationItem } from "@/components/conversation/items";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useRunLog } from "@/components/trace/session-logs";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfSession } from "@/components/trpc/lists";
import { Id } from "@/components/ui/copy";
import { formatBytes, sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import { ModelUse } from "@/components/usage/model-use";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { isTerminal } from "@/contract/words";
import { briefError } from "./brief-error";
import { attemptOf, explainRunOf } from "./session-state";

/** What is looked up beside a conversation: what it took and changed, its run, its ids. Wide screens only. */
export function SessionFacts({ session, run }: { session: SessionSummary; run: Run | null }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfSession(trpc, session.sessionId));
  return (
    <aside
      aria-label="Session details"
      className="scroll-thin hidden w-72 shrink-0 overflow-y-auto border-l bg-panel xl:block"
    >
      <Group name="Model usage">
        <ModelUse query={usage} />
      </Group>
      {run !== null && <RunFacts session={session} run={run} />}
      <Group name="Session">
        <Facts
          items={[
            ["ID", <Id key="id" id={session.sessionId} />],
            ["Project", `${session.tenantId} / ${session.projectId}`],
            ["Profile", session.backendProfile],
            ["Created", <Time key="created" at={session.createdAt} />],
            ["Last activity", <Time key="active" at={session.lastActivityAt} />],
            ["Expires", <Time key="expires" at={session.expiresAt} />],
          ]}
        />
      </Group>
      <Group name="Volume">
        <Facts
          items={[
            [
              "State",
              <State
                key="state"
                isIconless
                state={session.storageState}
                word={revealHidden(sentence(session.storageState))}
              />,
            ],
            ["Size", session.storageSizeBytes === null ? "Unknown" : formatBytes(session.storageSizeBytes)],
            ["Files", session.storageFilesCount?.toLocaleString("en") ?? "Unknown"],
            ["Measured", <Time key="measured" at={session.storageUpdatedAt} />],
          ]}
        />
      </Group>
    </aside>
  );
}

/** The run that is followed: how it stands and what came of it; how it is held by its runner is folded. */
function RunFacts({ session, run: listedRun }: { session: SessionSummary; run: Run }) {
  const trpc = useTRPC();
  const leasedRunData = useQuery(leasedRun(trpc, listedRun.id)).data;
  const run = leasedRunData === undefined || leasedRunData.version < listedRun.version ? listedRun : leasedRunData;
  const { state, word, why, next } = explainRunOf(session, run);
  const { snapshot } = useRunLog(listedRun);
  const paths = changedPaths(snapshot.conversation.items);
  const policy = run.executionPolicy;
  // The first of its log was not read, and may tell of more.
  const isPart = snapshot.earlierCount > 0;
  return (
    <Group name="Run">
      <Facts
        items={[
          [
            "State",
            <State
              key="status"
              isIconless
              state={state}
              word={word}
              title={revealHidden(why)}
              className="whitespace-normal"
            />,
          ],
          [
            "Duration",
            run.startedAt === null ? null : (
              <Duration key="duration" from={run.startedAt} to={isTerminal(run.status) ? run.updatedAt : null} />
            ),
          ],
          [
            "Files changed",
            paths === 0 ? (
              "None"
            ) : (
              <Link
                key="files"
                href={`${sessionAddress(session.sessionId)}?tab=changes`}
                className="text-accent hover:underline"
              >
                {isPart && "At least "}
                {paths.toLocaleString("en")}
              </Link>
            ),
          ],
          [
            "Run",
            <Link key="run" href={runAddress(run.id)} className="font-mono text-accent hover:underline">
              {shortenId(run.id)}
            </Link>,
          ],
        ]}
      />
      <p className="mt-2 line-clamp-3 text-xs wrap-anywhere text-ink-3" title={revealHidden(why)}>
        {revealHidden(briefError(why))}
      </p>
      <details className="mt-2 text-xs">
        <summary className="cursor-pointer text-ink-2 hover:text-ink">Details</summary>
        <Facts
          className="mt-2"
          items={[
            ["Attempt", attemptOf(run)],
            ["Lease", next === undefined ? null : <Countdown key="lease" to={next.at} past="renewing" />],
            ["Lease epoch", String(run.leaseEpoch)],
            ["Sandbox", String(policy.sandbox ?? "workspace-write")],
            ["Approvals", String(policy.approval ?? "on-request")],
            ["Workspace", String(run.workspaceRef.kind ?? "empty")],
            ["Thread", session.threadId === null ? "None yet" : <Id key="thread" id={session.threadId} />],
          ]}
        />
      </details>
    </Group>
  );
}

/** How many files its patches touched. */
function changedPaths(items: readonly ConversationItem[]): number {
  return new Set(items.flatMap((item) => (item.kind === "files" ? item.changes.map(({ path }) => path) : []))).size;
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="border-b px-4 py-3 last:border-0">
      <h2 className="mb-2 text-xs font-semibold">{name}</h2>
      {children}
    </section>
  );
}
