"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfSession } from "@/components/trpc/lists";
import { Id } from "@/components/ui/copy";
import { formatBytes, shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Time } from "@/components/ui/time";
import { ModelUse } from "@/components/usage/model-use";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { explainRun } from "./session-state";

/** What an operator looks up beside a conversation: the run and its lease, the volume, the ids. Wide screens only. */
export function SessionFacts({ session, run }: { session: SessionSummary; run: Run | null }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfSession(trpc, session.sessionId));
  return (
    <aside
      aria-label="Session details"
      className="scroll-thin hidden w-72 shrink-0 overflow-y-auto border-l bg-panel xl:block"
    >
      {run !== null && <RunFacts run={run} />}
      <Group name="Session">
        <Facts
          items={[
            ["Id", <Id key="id" id={session.sessionId} />],
            ["Project", `${session.tenantId} / ${session.projectId}`],
            ["Profile", session.backendProfile],
            ["Thread", session.threadId === null ? "none yet" : <Id key="thread" id={session.threadId} />],
            ["Created", <Time key="created" at={session.createdAt} />],
            ["Last activity", <Time key="active" at={session.lastActivityAt} />],
            ["Expires", <Time key="expires" at={session.expiresAt} />],
          ]}
        />
      </Group>
      <Group name="Model use">
        <ModelUse query={usage} />
      </Group>
      <Group name="Storage">
        <Facts
          items={[
            ["State", <State key="state" isBare state={session.storageState} />],
            ["Size", session.storageSizeBytes === null ? "unknown" : formatBytes(session.storageSizeBytes)],
            ["Files", session.storageFilesCount ?? "unknown"],
            ["Measured", <Time key="measured" at={session.storageUpdatedAt} />],
          ]}
        />
      </Group>
    </aside>
  );
}

function RunFacts({ run: known }: { run: Run }) {
  const trpc = useTRPC();
  const asked = useQuery(leasedRun(trpc, known.id)).data;
  const run = asked === undefined || asked.version < known.version ? known : asked;
  const explained = explainRun(run);
  const policy = run.executionPolicy;
  return (
    <Group name="Run">
      <Facts
        items={[
          [
            "Run",
            <Link key="run" href={runAddress(run.id)} className="font-mono text-accent hover:underline">
              {shortenId(run.id)}
            </Link>,
          ],
          [
            "Status",
            <State key="status" isBare state={explained.state} word={explained.word} why={showTricks(explained.why)} />,
          ],
          [
            "Lease",
            explained.next === undefined ? null : <Countdown key="lease" to={explained.next.at} past="renewing" />,
          ],
          ["Epoch", `${run.leaseEpoch}, attempt ${run.attemptCount}`],
          ["Sandbox", String(policy.sandbox ?? "workspace-write")],
          ["Approvals", String(policy.approval ?? "on-request")],
          ["Workspace", String(run.workspaceRef.kind ?? "empty")],
        ]}
      />
      <p className="mt-2 text-xs wrap-anywhere text-ink-3">{showTricks(explained.why)}</p>
    </Group>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="border-b px-4 py-3 last:border-0">
      <h2 className="mb-2 text-xs font-semibold">{name}</h2>
      {children}
    </section>
  );
}
