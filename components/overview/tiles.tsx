"use client";
import { useQuery } from "@tanstack/react-query";
import { axisOf, depthByLane, depthOf, type Flow, flowsOf, spanOf, sum } from "@/components/queue/charts/chart-series";
import { useTRPC } from "@/components/trpc/client";
import { queueHistory } from "@/components/trpc/lists";
import { Sparkline } from "@/components/ui/chart/sparkline";
import { useStepName } from "@/components/ui/chart/step-name";
import { Tile } from "@/components/ui/chart/tile";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { Duration } from "@/components/ui/time/time";
import type { Overview } from "@/contract/overview";
import type { QueueHistory } from "@/contract/queue-commander";
import { volumeTotals } from "./queries";

const MINUTES = 60;

/** The main figures, each a link to what it counts. */
export function Tiles({ overview }: { overview: Overview }) {
  const trpc = useTRPC();
  const history = useQuery(queueHistory(trpc, { minutes: MINUTES })).data;
  const volumes = useQuery(volumeTotals(trpc)).data?.totals;
  const { runs, runners, queue, approvals } = overview;
  return (
    <dl className="grid shrink-0 grid-cols-3 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-4 xl:grid-cols-7 max-sm:[&_dd+dd]:hidden max-sm:[&_dt_span]:whitespace-normal max-sm:[&_dt_svg]:hidden [&>:last-child]:max-sm:col-span-3 [&>:last-child]:sm:max-xl:col-span-2">
      <Tile
        name="Approvals"
        value={approvals.toLocaleString("en")}
        note={approvals === 0 ? "none waiting" : "waiting for an answer"}
        tone={approvals > 0 ? "text-warn" : undefined}
        href="/approvals"
      />
      <Tile
        name="Active runs"
        value={runs.claimed.toLocaleString("en")}
        note={runs.pending === 0 ? "none queued" : `${runs.pending.toLocaleString("en")} queued`}
        href="/runs?status=claimed"
      />
      <Tile
        name="Runners"
        value={runners.live.toLocaleString("en")}
        note={`${runners.live >= runners.max ? "at the limit of" : "limit"} ${runners.max.toLocaleString("en")}`}
        tone={runners.live >= runners.max ? "text-warn" : undefined}
        href="/runners"
      />
      <Tile
        name="Tasks waiting"
        value={queue.waiting.toLocaleString("en")}
        note={queue.oldest === null ? "none waiting" : "oldest "}
        noteMore={queue.oldest === null ? undefined : <Duration from={queue.oldest.since} to={null} />}
        sparkline={<Spark what="waiting" history={history} />}
        href="/queue?state=pending"
      />
      <Tile
        name="Tasks running"
        value={queue.running.toLocaleString("en")}
        note={`${rate(queue.throughput.completed)} done per minute`}
        sparkline={<Spark what="completed" history={history} />}
        href="/queue?state=running"
      />
      <Tile
        name="Failures"
        value={runs.failedToday.toLocaleString("en")}
        note="in the last 24 hours"
        tone={runs.failedToday > 0 ? "text-bad" : undefined}
        href="/runs?outcome=failed&within=24"
      />
      <Tile
        name="Volumes"
        value={volumes == null ? "…" : formatBytes(volumes.bytes)}
        note={volumes == null ? "counting" : `in ${formatPlural(volumes.volumes, "volume")}`}
        href="/storage"
      />
    </dl>
  );
}

function rate(perMinute: number): string {
  return perMinute >= 10 || perMinute === 0 ? Math.round(perMinute).toLocaleString("en") : perMinute.toFixed(1);
}

const SERIES_NAMES = { waiting: "Tasks waiting", completed: "Tasks completed" } as const;

type SparkProps = { what: keyof typeof SERIES_NAMES; history: QueueHistory };

/** A course, or the room for it until it is there: what stands below the figures stays where it is. */
function Spark({ what, history }: { what: SparkProps["what"]; history: QueueHistory | undefined }) {
  return history === undefined ? <div className="h-5" /> : <LoadedSpark what={what} history={history} />;
}

/** The last hour of the queue, minute by minute. */
function LoadedSpark({ what, history }: SparkProps) {
  const span = spanOf(history);
  const nameOf = useStepName(span);
  const values =
    what === "waiting"
      ? depthOf(depthByLane(history.items, span), span)
      : flowsOf(history.items, span)[what satisfies Flow];
  const now = what === "waiting" ? `${values.at(-1) ?? 0} now` : `${sum(values)} in all`;
  return (
    <Sparkline
      title={SERIES_NAMES[what]}
      label={`${SERIES_NAMES[what]} in the last hour: ${now}, ${Math.max(0, ...values)} at most`}
      axis={axisOf(span)}
      unit={`tasks ${what}`}
      {...{ values, nameOf }}
    />
  );
}
