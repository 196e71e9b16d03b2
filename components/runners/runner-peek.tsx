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
import { showTricks } from "@/components/ui/hidden-text";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time";
import type { Runner } from "@/contract/runner";
import { BeatStrip } from "./beat-strip";
import { describeBeats } from "./beats";
import { attemptOf, explainRunner } from "./explain";
import { OrderButtons } from "./order-buttons";
import { RunnerMenu } from "./runner-menu";
import { processOf, usageOf } from "./runners-table";
import { SkewBadge } from "./skew-badge";
import { useRunnerOrders } from "./use-runner-orders";

/** A look into a runner beside the list: its state and why, its beats, what it runs and is, and its orders. */
export function RunnerPeek({ runner, onClose }: { runner: Runner; onClose: () => void }) {
  const why = explainRunner(runner);
  const { runId, run, attemptId } = runner;
  return (
    <PeekPanel
      id={runner.id}
      title={shortenId(runner.id)}
      state={<State isBare state={runner.state} title={showTricks(why.title)} />}
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
          <BeatStrip runner={runner} className="h-6 w-full" />
          <p className="text-xs text-ink-2">
            {describeBeats(runner)}. The last came <Time at={runner.heartbeatAt} />.
          </p>
        </PeekPart>
        <RunnerFacts runner={runner} />
        {runId !== null && attemptId !== null && (
          <LastErrors key={attemptId} {...{ runId, attemptId }} isOver={runner.state === "ended"} />
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
  const orders = useRunnerOrders(runner);
  if (!canOperate) return null;
  return (
    <p className="flex flex-wrap gap-2">
      <OrderButtons runner={runner} orders={orders} more={MORE} size="sm" />
      {orders.dialog}
    </p>
  );
}

function RunnerFacts({ runner }: { runner: Runner }) {
  const { run, runId } = runner;
  const place = [runner.placement, processOf(runner)].filter((part) => part !== null && part !== "").join(", ");
  return (
    <Facts
      items={[
        [
          "Runs",
          runId === null ? (
            "nothing"
          ) : (
            <Link key="r" href={runAddress(runId)} prefetch={false} title={runId} className="text-accent underline">
              {run?.title == null ? shortenId(runId) : showTricks(run.title)}
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
        ["Placement", showTricks(place) || "unknown"],
        ["CPU, memory", usageOf(runner) || "unknown"],
        [
          "Build",
          <span key="b" className="flex flex-wrap items-center gap-1.5">
            {showTricks(runner.sourceCommit ?? "unknown")}, protocol {runner.protocolVersion ?? "unknown"}
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
const WRONG: ReadonlySet<ReadLine["level"]> = new Set(["warn", "error", "fatal"]);

/** What went wrong of late, by the end of its log. */
function LastErrors({ runId, attemptId, isOver }: { runId: string; attemptId: string; isOver: boolean }) {
  const trpc = useTRPC();
  const log = useQuery(
    trpc.runs.log.queryOptions(
      { runId, attemptId, tailLines: LOG_LINES },
      { refetchInterval: isOver ? false : LOG_POLL_MS },
    ),
  ).data;
  if (log === undefined) return null;
  const wrong = readLines(log.lines, false).filter(({ level }) => WRONG.has(level));
  return (
    <PeekPart title="Recent errors">
      {wrong.length === 0 ? (
        <p className="text-xs text-ink-3">
          {log.lines.length === 0 ? "Log not available" : `None in the last ${LOG_LINES} log lines`}
        </p>
      ) : (
        <ul className="flex flex-col gap-1 text-xs">
          {wrong.slice(-ERRORS_SHOWN).map(({ key, at, level, text }) => (
            <li key={key} className={level === "warn" ? "text-warn" : "text-bad"}>
              {at !== null && (
                <>
                  <Time at={at} className="text-ink-3" />{" "}
                </>
              )}
              <span className="wrap-anywhere">{showTricks(text)}</span>
            </li>
          ))}
        </ul>
      )}
    </PeekPart>
  );
}
