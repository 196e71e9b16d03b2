"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PeekBody, PeekLinks, PeekPanel, PeekPart } from "@/components/peek/peek-panel";
import { RunLines } from "@/components/peek/run-lines";
import { type ReadLine, readLines } from "@/components/runs/log-text";
import { WhyBox } from "@/components/runs/why-box";
import { auditAddress, runAddress, runLogAddress, runnerAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import type { Runner } from "@/contract/runner";
import { RunnerActionButtons } from "./action-buttons";
import { attemptOf, explainRunner } from "./explain";
import { HeartbeatStrip } from "./heartbeat-strip";
import { describeHeartbeats } from "./heartbeats";
import { RunnerMenu } from "./runner-menu";
import { processOf, usageOf } from "./runners-table";
import { SkewBadge } from "./skew-badge";
import { useRunnerActions } from "./use-runner-actions";

/** A look into a runner beside the list: its state and why, its beats, what it runs and is, and its orders. */
export function RunnerPeek({ runner, onClose }: { runner: Runner; onClose: () => void }) {
  const why = explainRunner(runner);
  const { runId, run, attemptId } = runner;
  return (
    <PeekPanel
      id={runner.id}
      title={shortenId(runner.id)}
      state={<State isIconless state={runner.state} title={revealHidden(why.title)} />}
      href={runnerAddress(runner.id)}
      actions={<RunnerMenu runner={runner} />}
      onClose={onClose}
    >
      <PeekBody>
        <PeekLinks
          links={[
            ["Run", runId === null ? null : runAddress(runId)],
            ["Session", run?.sessionId == null ? null : sessionAddress(run.sessionId)],
            ["Log", runId === null ? null : runLogAddress(runId, attemptId)],
            ["Audit log", auditAddress(runner.id)],
          ]}
        />
        <WhyBox why={why} />
        <Orders key={runner.id} runner={runner} />
        <PeekPart title="Heartbeats">
          <HeartbeatStrip runner={runner} className="h-6 w-full" />
          <p className="text-xs text-ink-2">
            {describeHeartbeats(runner)}. The last came <Time at={runner.heartbeatAt} />.
          </p>
        </PeekPart>
        <RunnerFacts runner={runner} />
        {runId !== null && attemptId !== null && (
          <LastErrors key={attemptId} {...{ runId, attemptId }} hasEnded={runner.state === "ended"} />
        )}
        {runId !== null && run?.isHeld === true && (
          <PeekPart title="Latest output">
            <RunLines key={runId} runId={runId} className="max-h-80 rounded-md border bg-code" />
          </PeekPart>
        )}
      </PeekBody>
    </PeekPanel>
  );
}

const MORE = ["revoke"] as const;

function Orders({ runner }: { runner: Runner }) {
  const canOperate = useCanOperate();
  const actions = useRunnerActions(runner);
  if (!canOperate) return null;
  return (
    <p className="flex flex-wrap gap-2">
      <RunnerActionButtons runner={runner} actions={actions} more={MORE} size="sm" />
      {actions.dialog}
    </p>
  );
}

function RunnerFacts({ runner }: { runner: Runner }) {
  const { run, runId } = runner;
  const location = [runner.placement, processOf(runner)].filter((part) => part !== null && part !== "").join(", ");
  return (
    <Facts
      items={[
        [
          "Runs",
          runId === null ? (
            "nothing"
          ) : (
            <Link key="r" href={runAddress(runId)} prefetch={false} title={runId} className="text-accent underline">
              {run?.title == null ? shortenId(runId) : revealHidden(run.title)}
            </Link>
          ),
        ],
        ["Turns", run === null ? null : turnsOf(run)],
        [
          "Lease",
          runner.leaseExpiresAt === null ? (
            "none"
          ) : (
            <span key="l">
              Ends <Countdown to={runner.leaseExpiresAt} past="expired" />, epoch {runner.leaseEpoch}
            </span>
          ),
        ],
        ["Placement", revealHidden(location) || "Unknown"],
        ["CPU, memory", usageOf(runner) || "Unknown"],
        [
          "Build",
          <span key="b" className="flex flex-wrap items-center gap-1.5">
            {revealHidden(runner.sourceCommit ?? "Unknown")}, protocol {runner.protocolVersion ?? "unknown"}
            <SkewBadge runner={runner} />
          </span>,
        ],
        ["Uptime", <Duration key="u" from={runner.registeredAt} to={runner.endedAt} />],
      ]}
    />
  );
}

function turnsOf({ turns, attemptCount, attemptMax }: NonNullable<Runner["run"]>): string {
  const waiting = turns.waiting > 0 ? `, ${turns.waiting} waiting` : "";
  return `${turns.running > 0 ? "1 running" : "None running"}${waiting}, ${attemptOf(attemptCount, attemptMax)}`;
}

const LOG_LINES = 200;
const ERRORS_SHOWN = 5;
const LOG_POLL_MS = 10_000;
const ERROR_LEVELS: ReadonlySet<ReadLine["level"]> = new Set(["warn", "error", "fatal"]);

/** What went wrong of late, by the end of its log. */
function LastErrors({ runId, attemptId, hasEnded }: { runId: string; attemptId: string; hasEnded: boolean }) {
  const trpc = useTRPC();
  const log = useQuery(
    trpc.runs.log.queryOptions(
      { runId, attemptId, tailLines: LOG_LINES },
      { refetchInterval: hasEnded ? false : LOG_POLL_MS },
    ),
  ).data;
  if (log === undefined) return null;
  const errorLines = readLines(log.lines, false).filter(({ level }) => ERROR_LEVELS.has(level));
  return (
    <PeekPart title="Recent errors">
      {errorLines.length === 0 ? (
        <p className="text-xs text-ink-3">
          {log.lines.length === 0 ? "Log not available" : `None in the last ${LOG_LINES} log lines`}
        </p>
      ) : (
        <ul className="flex flex-col gap-1 text-xs">
          {errorLines.slice(-ERRORS_SHOWN).map(({ key, at, level, text }) => (
            <li key={key} className={level === "warn" ? "text-warn" : "text-bad"}>
              {at !== null && (
                <>
                  <Time at={at} className="text-ink-3" />{" "}
                </>
              )}
              <span className="wrap-anywhere">{revealHidden(text)}</span>
            </li>
          ))}
        </ul>
      )}
    </PeekPart>
  );
}
