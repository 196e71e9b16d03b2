"use client";
import { useQuery } from "@tanstack/react-query";
import { PeekBody, PeekLinks, PeekPanel, PeekPart } from "@/components/peek/peek-panel";
import { RunLines } from "@/components/peek/run-lines";
import { RunnerLink } from "@/components/runners/runner-link";
import { attemptOf, explainRun } from "@/components/sessions/session-state";
import { runAddress, runLogAddress, sessionAddress, taskAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfRun } from "@/components/trpc/lists";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Duration } from "@/components/ui/time/time";
import { briefWords, callsWords, costWords, missingWords } from "@/components/usage/words";
import type { Run, RunSummary } from "@/contract/run";
import type { Usage } from "@/contract/usage";
import { isTerminal } from "@/contract/words";
import { outcomeOf } from "./run-attempts";
import { runJobs } from "./run-jobs";
import { RunMenu } from "./run-menu";
import { sessionIdOf } from "./session-id";
import { usePendingApprovals } from "./use-pending-approvals";
import { WhyCard } from "./why-card";

/** A look into a run beside the list: why it is so, who holds it, what it took, and its last lines as they come. */
export function RunPeek({ run: row, onClose }: { run: RunSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const run = useQuery(leasedRun(trpc, row.id)).data ?? row;
  const explained = explainRun(run, usePendingApprovals(run));
  return (
    <PeekPanel
      id={run.id}
      title={row.title === null ? shortenId(run.id) : revealHidden(row.title)}
      state={<State isIconless state={explained.state} word={explained.word} title={revealHidden(explained.why)} />}
      href={runAddress(run.id)}
      actions={<RunMenu run={run} />}
      onClose={onClose}
    >
      <PeekBody>
        <RunLinks run={run} />
        {isPlain(run) && <p className="text-sm text-ink-2">{revealHidden(explained.why)}</p>}
        <WhyCard run={run} />
        <RunFacts run={run} />
        <PeekPart title="Latest output">
          <RunLines key={run.id} runId={run.id} className="max-h-80 rounded-md border bg-code" />
        </PeekPart>
      </PeekBody>
    </PeekPanel>
  );
}

/** Whether its state says all that there is to say. */
function isPlain({ status, leaseState, turnFailureKind }: Run): boolean {
  return (status === "completed" && turnFailureKind == null) || (status === "claimed" && leaseState === "held");
}

function RunLinks({ run }: { run: Run }) {
  const sessionId = sessionIdOf(run);
  return (
    <PeekLinks
      links={[
        ["Session", sessionId === null ? null : sessionAddress(sessionId)],
        ["Task", run.taskId === null ? null : taskAddress(run.taskId)],
        ["Log", run.attemptCount === 0 ? null : runLogAddress(run.id)],
      ]}
    />
  );
}

function RunFacts({ run }: { run: Run }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfRun(trpc, run.id)).data;
  const [last] = useQuery(runJobs(trpc, run.id)).data?.items ?? [];
  const end = last === undefined ? "" : outcomeOf(last);
  const hasEnded = isTerminal(run.status);
  return (
    <Facts
      items={[
        ["Attempt", attemptOf(run)],
        ["Last attempt", end || null],
        ["Runner", run.claimedBy === null ? "None" : <RunnerLink key="h" id={run.claimedBy} />],
        [
          "Lease",
          run.leaseState === "held" && run.leaseExpiresAt !== null ? (
            <span key="l">
              Ends <Countdown to={run.leaseExpiresAt} />, epoch {run.leaseEpoch}
            </span>
          ) : (
            `${sentence(run.leaseState)}, epoch ${run.leaseEpoch}`
          ),
        ],
        ["Duration", <Duration key="d" from={run.createdAt} to={hasEnded ? run.updatedAt : null} />],
        ["Model use", usage === undefined ? "Loading…" : takenWords(usage.total)],
        ["Events", run.lastEventSeq.toLocaleString("en")],
      ]}
    />
  );
}

/** Calls, tokens and what they cost, as far as that is known. */
function takenWords(usage: Usage): string {
  if (usage.calls === 0) return "No calls yet";
  const cost = costWords(usage) === null && usage.unpricedCalls > 0 ? ", no price configured" : "";
  const missing = missingWords(usage);
  return `${callsWords(usage)}: ${briefWords(usage)}${cost}${missing === null ? "" : `. ${missing}`}`;
}
