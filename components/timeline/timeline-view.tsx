"use client";
import { ChevronLeft, ChevronRight, ListTree, Maximize2, Table2, ZoomIn, ZoomOut } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { parseAsBoolean, parseAsFloat, parseAsString, useQueryStates } from "nuqs";
import { useId, useMemo, useRef, useState } from "react";
import { explainRun } from "@/components/sessions/session-state";
import { runAddress } from "@/components/shell/addresses";
import { Follow } from "@/components/trace/follow";
import { Button, buttonStyle } from "@/components/ui/button";
import { ErrorBar } from "@/components/ui/error/error-bar";
import { Select } from "@/components/ui/form/field";
import { formatDuration, shortenId } from "@/components/ui/format";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { useNow, useTimeMode } from "@/components/ui/time/clock";
import type { Run } from "@/contract/run";
import { type Bar, barsOf, CAUSE_NAMES, sumCauses, type View } from "./bars";
import { describeDrawn } from "./describe";
import { fullViewOf, keepInside, pan, zoom } from "./layout";
import { formatOffset } from "./offset";
import { CausePatterns, CauseSwatch } from "./patterns";
import { firstSeqOf, rangeAddress, rangeFromParams, toRangeParams } from "./range-address";
import type { TimelineSnapshot } from "./run-timeline";
import { TimelineTable } from "./timeline-table";
import { isGrowing, useTimelines } from "./use-timelines";
import { type Cursor, Waterfall } from "./waterfall";

/** `from` and `to` are the part that is shown; without them it is all, however long that becomes. */
const CHOICES = {
  ...{ run: parseAsString, table: parseAsBoolean.withDefault(false) },
  ...{ from: parseAsFloat, to: parseAsFloat },
};
const NO_PART = { from: null, to: null };
const RUNS_MAX = 20;
const ALL = "all";
const STEP_ZOOM = 1.5;

type TimelineViewProps = {
  runs: readonly Run[];
  followedId: string | null;
  /** The address of an event in its trace. */
  eventHref: (event: { runId: string; seq: number }) => string;
};

/** What runs did when, and what their time went by with. */
export function TimelineView({ runs, followedId, eventHref }: TimelineViewProps) {
  const router = useRouter();
  const [choices, setChoices] = useQueryStates(CHOICES, { history: "replace" });
  const written = useRef<Promise<unknown>>(Promise.resolve());
  const run =
    runs.find((candidate) => candidate.id === choices.run) ??
    runs.find((candidate) => candidate.id === followedId) ??
    runs[0];
  if (run === undefined)
    return <EmptyState title="No timeline yet">The timeline appears here once a run starts.</EmptyState>;
  const followed = runs.find((candidate) => candidate.id === followedId);
  const isAll = choices.run === ALL && runs.length > 1;
  const shown = isAll ? runs.slice(0, RUNS_MAX) : [run];
  // A part is one of this run's time: the address names the run, so that a newer one does not take its place.
  const named = isAll || runs.length === 1 ? {} : { run: run.id };
  const unnamed = "run" in named && run.id === followedId ? { run: null } : named;
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col overflow-y-auto bg-panel">
      {runs.length > 1 && (
        <div className="flex shrink-0 flex-wrap items-center gap-2 px-4 pt-2 lg:px-6">
          <Select
            aria-label="Run"
            className="w-auto font-mono text-xs"
            value={isAll ? ALL : run.id}
            onChange={(event) =>
              void setChoices({ ...NO_PART, run: event.target.value === followedId ? null : event.target.value })
            }
          >
            <option value={ALL}>
              {runs.length > RUNS_MAX ? `Newest ${RUNS_MAX} runs` : `All ${runs.length} runs`}
            </option>
            {runs.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {shortenId(candidate.id)} · {explainRun(candidate).word}
              </option>
            ))}
          </Select>
        </div>
      )}
      {followed !== undefined && <Follow run={followed} />}
      <Timelines
        key={isAll ? ALL : run.id}
        runs={shown}
        zoomed={rangeFromParams(choices)}
        onZoom={(view) => {
          written.current = setChoices(
            view === null ? { ...NO_PART, ...unnamed } : { ...toRangeParams(view), ...named },
          );
        }}
        // The part is written into the address a moment late: after the next page was asked for it would call that off.
        onOpen={(href) => void written.current.then(() => router.push(href))}
        isTable={choices.table}
        onTable={(isTable) => void setChoices({ table: isTable ? true : null })}
        eventHref={eventHref}
      />
    </div>
  );
}

type TimelinesProps = {
  runs: readonly Run[];
  /** null: all of it. */
  zoomed: View | null;
  onZoom: (view: View | null) => void;
  onOpen: (href: string) => void;
  isTable: boolean;
  onTable: (isTable: boolean) => void;
  eventHref: TimelineViewProps["eventHref"];
};

function Timelines({ runs, zoomed, onZoom, onOpen, isTable, onTable, eventHref }: TimelinesProps) {
  const { timelines, retry } = useTimelines(runs);
  const now = useNow();
  // What is over does not change with the clock.
  const nowMs = isGrowing(runs) || timelines.some((other) => other.endMs === null) ? now : 0;
  const bars = useMemo(
    () =>
      timelines.flatMap((timeline) => {
        const run = runs.find((candidate) => candidate.id === timeline.runId);
        const name = `Run ${shortenId(timeline.runId)}`;
        return run === undefined ? [] : barsOf(timeline, { id: run.id, name, status: run.status }, nowMs);
      }),
    [timelines, runs, nowMs],
  );
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const failed = timelines.find((other) => other.error !== null);
  if (bars.length === 0) {
    if (failed !== undefined) return <ErrorBar error={failed.error} onRetry={retry} />;
    return <TableSkeleton />;
  }
  const fullView = fullViewOf(bars);
  const view = zoomed === null ? fullView : keepInside(zoomed, fullView);
  const startMs = Math.min(...bars.filter((bar) => bar.lane === "runs").map((bar) => bar.startMs));
  const length = view.toMs - view.fromMs;
  const middleMs = view.fromMs + length / 2;
  // Whoever sees all of it goes on seeing all of it while it grows.
  const show = (next: View) => {
    const kept = keepInside(next, fullView);
    onZoom(kept.fromMs === fullView.fromMs && kept.toMs === fullView.toMs ? null : kept);
  };
  // Events are listed run by run.
  const run = runs.length === 1 ? runs[0] : undefined;
  const hrefOf = (bar: Bar) =>
    bar.seq === null ? runAddress(bar.runId) : eventHref({ runId: bar.runId, seq: bar.seq });

  return (
    <>
      {failed !== undefined && <ErrorBar error={failed.error} onRetry={retry} />}
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 px-4 py-2 lg:px-6">
        <Button size="icon" aria-label="Zoom in" onClick={() => show(zoom(view, 1 / STEP_ZOOM, middleMs))}>
          <ZoomIn aria-hidden className="size-4" />
        </Button>
        <Button
          size="icon"
          aria-label="Zoom out"
          disabled={zoomed === null}
          onClick={() => show(zoom(view, STEP_ZOOM, middleMs))}
        >
          <ZoomOut aria-hidden className="size-4" />
        </Button>
        <Button size="icon" aria-label="Show all" disabled={zoomed === null} onClick={() => onZoom(null)}>
          <Maximize2 aria-hidden className="size-4" />
        </Button>
        <Button
          size="icon"
          aria-label="Earlier"
          disabled={view.fromMs <= fullView.fromMs}
          onClick={() => show(pan(view, -length / 3))}
        >
          <ChevronLeft aria-hidden className="size-4" />
        </Button>
        <Button
          size="icon"
          aria-label="Later"
          disabled={view.toMs >= fullView.toMs}
          onClick={() => show(pan(view, length / 3))}
        >
          <ChevronRight aria-hidden className="size-4" />
        </Button>
        <Button aria-pressed={isTable} className="aria-pressed:bg-accent-soft" onClick={() => onTable(!isTable)}>
          <Table2 aria-hidden className="size-4" /> Table
        </Button>
        {zoomed !== null && run !== undefined && (
          <Link
            href={rangeAddress(eventHref({ runId: run.id, seq: firstSeqOf(bars, view) }), view)}
            className={buttonStyle()}
          >
            <ListTree aria-hidden className="size-4" /> Events in this range
          </Link>
        )}
        <Progress timelines={timelines} />
      </div>
      <Readout cursor={cursor} view={view} startMs={startMs} />
      <div className="shrink-0 px-4 pb-2 lg:px-6">
        <Waterfall
          bars={bars}
          view={view}
          fullView={fullView}
          startMs={startMs}
          hasRuns={runs.length > 1}
          hrefOf={hrefOf}
          onOpen={(bar) => onOpen(hrefOf(bar))}
          onView={show}
          onCursor={setCursor}
        />
        <Legend bars={bars} view={view} />
      </div>
      <TimelineTable
        bars={runs.length > 1 ? bars : bars.filter((bar) => bar.lane !== "runs")}
        view={view}
        startMs={startMs}
        hrefOf={hrefOf}
        isShown={isTable}
      />
    </>
  );
}

/** How far a long log has been read. */
function Progress({ timelines }: { timelines: readonly TimelineSnapshot[] }) {
  const read = timelines.reduce((sum, timeline) => sum + timeline.readSeq, 0);
  const all = timelines.reduce((sum, timeline) => sum + timeline.lastSeq, 0);
  if (timelines.every((timeline) => timeline.state !== "loading") || all === 0) return null;
  return (
    <span role="status" className="animate-appear-late text-xs text-ink-3 tabular-nums">
      Reading events: {Math.floor((read / all) * 100)}%
    </span>
  );
}

/** The instant under the pointer or the focus, as a time of day and from the start, and what lies there. */
function Readout({ cursor, view, startMs }: { cursor: Cursor | null; view: View; startMs: number }) {
  const atMs = cursor?.atMs ?? view.fromMs;
  const what = cursor?.drawn ?? null;
  return (
    <p
      data-readout
      className="flex h-5 min-w-0 shrink-0 items-center gap-x-3 overflow-hidden px-4 text-xs whitespace-nowrap text-ink-2 tabular-nums lg:px-6"
    >
      {cursor === null ? (
        <span className="truncate text-ink-3">
          {formatDuration(view.toMs - view.fromMs)} shown
          <span className="pointer-coarse:hidden"> · hover for details, arrow keys to move, + − 0 to zoom</span>
        </span>
      ) : (
        <>
          <Instant ms={atMs} />
          <span>{formatOffset(atMs - startMs)}</span>
          {what !== null && <span className="min-w-0 truncate text-ink">{describeDrawn(what, startMs)}</span>}
        </>
      )}
    </p>
  );
}

function Instant({ ms }: { ms: number }) {
  const isUtc = useTimeMode() === "utc";
  const text = new Intl.DateTimeFormat(undefined, {
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" },
    ...(isUtc ? { timeZone: "UTC" } : {}),
  } as const).format(ms);
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toISOString()}>
      {text}
      {isUtc && " UTC"}
    </time>
  );
}

function Legend({ bars, view }: { bars: readonly Bar[]; view: View }) {
  const id = useId().replaceAll(/[^\w-]/g, "");
  return (
    <>
      <svg aria-hidden="true" width="0" height="0" className="absolute">
        <CausePatterns id={id} />
      </svg>
      <ul aria-label="Time spent" className="flex flex-wrap gap-x-4 gap-y-1 pt-2 text-xs text-ink-2">
        {sumCauses(bars, view).map(({ cause, ms }) => (
          <li key={cause} className="inline-flex items-center gap-1.5">
            <CauseSwatch id={id} cause={cause} />
            {CAUSE_NAMES[cause]}
            <span className="text-ink-3 tabular-nums">{formatDuration(ms)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
