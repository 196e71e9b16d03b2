"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { toast } from "sonner";
import { useWatched } from "@/components/live/provider";
import { WhyBox } from "@/components/runs/why-box";
import { Profile } from "@/components/sessions/demo-label";
import { auditAddress, runAddress, runJobAddress, runLogAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { BackTo } from "@/components/ui/back-to";
import { Id } from "@/components/ui/copy";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { formatDuration, formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { JsonPanel } from "@/components/ui/json-panel";
import { Facts, PageHeader, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { RunnerActionButtons } from "./action-buttons";
import { explainRunner } from "./explain";
import { HeartbeatChart } from "./heartbeat-chart";
import { describeHeartbeats, HEARTBEAT_COLUMNS, heartbeatRows, latencyOf } from "./heartbeats";
import { RunnerCurls } from "./runner-menu";
import { processOf, usageOf } from "./runners-table";
import { SkewBadge } from "./skew-badge";
import { useRunnerActions } from "./use-runner-actions";

/** A runner's page: what it does and why, how it beats, where it is, and what can be done to it. */
export function RunnerView({ runnerId }: { runnerId: string }) {
  const trpc = useTRPC();
  const runner = useQuery(trpc.runners.get.queryOptions({ runnerId }));
  useWatched("runners");
  return (
    <QueryView query={runner} heading="Runner">
      {(data) => <LoadedRunner runner={data} />}
    </QueryView>
  );
}

function LoadedRunner({ runner }: { runner: Runner }) {
  const why = explainRunner(runner);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-2">
            <BackTo href="/runners" name="All runners" className="-mr-1" />
            Runner <Id id={runner.id} />
            {runner.backendProfile !== null && <Profile profile={runner.backendProfile} />}
            <SkewBadge runner={runner} />
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <State isIconless state={runner.state} /> {why.title.toLowerCase() !== runner.state && why.title}
          </span>
        }
        actions={<RunnerActions runner={runner} />}
      />
      <RecordBody facts={<RunnerFacts runner={runner} />}>
        <WhyBox why={why} />
        <Heartbeats runner={runner} />
      </RecordBody>
    </div>
  );
}

const MORE = ["revoke", "kill"] as const;

/** Its orders, by buttons and by keys. */
function RunnerActions({ runner }: { runner: Runner }) {
  const canOperate = useCanOperate();
  const actions = useRunnerActions(runner);
  const isDrained = runner.refusals.resume === null;
  const runAction = (action: RunnerAction) => {
    const refusal = canOperate ? runner.refusals[action] : "Only operators can do this";
    if (refusal === null) actions.run(action);
    else toast(refusal);
  };
  usePageKeys([
    { keys: "d", name: "Drain or resume", run: () => runAction(isDrained ? "resume" : "drain") },
    { keys: "v", name: "Revoke token", run: () => runAction("revoke") },
    { keys: "c", name: "Kill runner", run: () => runAction("kill") },
  ]);
  return (
    <>
      {canOperate && <RunnerActionButtons runner={runner} actions={actions} more={MORE} size="md" />}
      <CurlMenu>
        <RunnerCurls runner={runner} />
      </CurlMenu>
      {actions.dialog}
    </>
  );
}

function Heartbeats({ runner }: { runner: Runner }) {
  const rows = heartbeatRows(runner);
  const tripMs = latencyOf(runner.beats);
  return (
    <Panel title="Heartbeats">
      <div className="flex flex-col gap-2 p-4 text-xs">
        <HeartbeatChart runner={runner} />
        <p className="text-ink-2">
          {describeHeartbeats(runner)}. The last came <Time at={runner.heartbeatAt} />
          {tripMs !== null && `, last round trip ${formatDuration(tripMs)}`}.
        </p>
        {rows.length > 0 && (
          <details>
            <summary className="w-fit rounded text-2xs text-ink-3 hover:text-ink">Beat by beat</summary>
            <ScrollRegion label="Beats, newest first" className="mt-1 max-h-60">
              <table className="w-full text-2xs tabular-nums">
                <thead>
                  <tr className="text-left text-ink-3">
                    {HEARTBEAT_COLUMNS.map((name) => (
                      <th key={name} scope="col" className="pr-3 font-medium whitespace-nowrap">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ atMs, gapMs, missed, tripMs: trip }) => (
                    <tr key={atMs}>
                      <th scope="row" className="pr-3 text-left font-normal text-ink-2">
                        <Time at={new Date(atMs).toISOString()} />
                      </th>
                      <td className="pr-3">{formatDuration(gapMs)}</td>
                      <td className="pr-3">{missed === 0 ? "none" : formatPlural(missed, "beat")}</td>
                      <td className="pr-3">{trip === null ? "Unknown" : formatDuration(trip)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollRegion>
          </details>
        )}
      </div>
    </Panel>
  );
}

/** The name of its Job, and where what is known of it stands. */
function RunnerJob({ runner: { runId, attemptId, job } }: { runner: Runner }) {
  if (job === null) return null;
  const link = "min-w-6 leading-6 text-accent underline";
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Id id={job.jobName} />
      {runId !== null && (
        <>
          <Link href={runJobAddress(runId, attemptId)} className={link}>
            Job and pod events
          </Link>
          <Link href={runLogAddress(runId, attemptId)} className={link}>
            Log
          </Link>
        </>
      )}
    </span>
  );
}

function RunnerFacts({ runner }: { runner: Runner }) {
  const { run, runId, job } = runner;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Details">
        <Facts
          className="p-4"
          items={[
            [
              "Run",
              runId === null ? (
                "None"
              ) : (
                <span key="r" className="flex min-w-0 flex-col items-start gap-0.5">
                  <Link href={runAddress(runId)} className="max-w-full truncate leading-6 text-accent hover:underline">
                    {run?.title == null ? "Open run" : revealHidden(run.title)}
                  </Link>
                  <Id id={runId} />
                </span>
              ),
            ],
            [
              "Session",
              run?.sessionId == null ? (
                "None"
              ) : (
                <Link
                  key="s"
                  href={sessionAddress(run.sessionId)}
                  title={run.sessionId}
                  className="font-mono text-accent hover:underline"
                >
                  {shortenId(run.sessionId)}
                </Link>
              ),
            ],
            ["Project", run === null ? (runner.tenantId ?? "None") : `${runner.tenantId} / ${run.projectId}`],
            ["Attempt", runner.attemptId === null ? "Unknown" : <Id key="a" id={runner.attemptId} />],
            ["Attempts", run === null ? "None" : `${run.attemptCount} of ${run.attemptMax}`],
            ["Lease epoch", runner.leaseEpoch ?? "None"],
            [
              "Lease",
              runner.leaseExpiresAt === null ? (
                "None"
              ) : (
                <span key="l">
                  Ends <Countdown to={runner.leaseExpiresAt} past="now" />
                </span>
              ),
            ],
            ["Placement", runner.placement ?? "Unknown"],
            ["Process", processOf(runner) || "Unknown"],
            ["Job", job === null ? "Started externally" : <RunnerJob key="j" runner={runner} />],
            ["CPU, memory", usageOf(runner) || "Unknown"],
            ["Uptime", <Duration key="u" from={runner.registeredAt} to={runner.endedAt} />],
            ["Registered", <Time key="g" at={runner.registeredAt} />],
            ["Build", runner.sourceCommit ?? "Unknown"],
            ["Protocol", runner.protocolVersion ?? "Unknown"],
            [
              "Activity",
              <Link key="d" href={auditAddress(runner.id)} className="text-accent underline">
                View audit log
              </Link>,
            ],
          ]}
        />
      </Panel>
      {Object.keys(runner.metadata).length > 0 && <JsonPanel title="Metadata" value={runner.metadata} />}
    </div>
  );
}
