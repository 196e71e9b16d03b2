"use client";
import { useQuery } from "@tanstack/react-query";
import type { QueueFilter } from "@/components/queue/filter";
import { scopeInput } from "@/components/queue/filter";
import { useTRPC } from "@/components/trpc/client";
import { queueWaitsByHour } from "@/components/trpc/lists";
import { FoldedFigures } from "@/components/ui/chart/chart";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { useStepName } from "@/components/ui/chart/step-name";
import { Choices } from "@/components/ui/form/choices";
import { formatCount, formatDuration, formatPlural } from "@/components/ui/format";
import { Panel } from "@/components/ui/page";
import { toServerTime, useTimeMode } from "@/components/ui/time/clock";
import { classOf, DAY_HOURS, type Heat, type HeatCell, heatOf, minuteOfHours, WAIT_CLASSES } from "./heat";
import { HeatPointer } from "./heat-pointer";
import { HEAT_DAYS, HEAT_RANGES, type HeatRange } from "./heat-ranges";

/** How dark each class is; the hour is framed as well, so that the lightest is not taken for none. */
const DARKNESS = [0.16, 0.34, 0.55, 0.77, 1];
const FILL = "fill-accent forced-colors:fill-[CanvasText]";
const FRAME = "stroke-accent/60 forced-colors:stroke-[CanvasText]";
const NAMED_HOURS = [0, 6, 12, 18, 24];
const RANGE_NAMES = { "7d": "7 days", "14d": "14 days" };
const TITLE = "Waits by hour";
const COLUMNS = ["When", "Tasks", "Median", "95th percentile"];

type WaitsByHourProps = {
  filter: Pick<QueueFilter, "queue" | "lane">;
  range: HeatRange;
  onRange: (range: HeatRange) => void;
  /** Shows an hour alone in the pictures; of one that they cannot go back to nothing is done. */
  onHour: (hour: TimeAxis) => void;
};

/** How long tasks waited in each hour of the last days: by the reader's clock, the newest day below. */
export function WaitsByHour({ filter, range, onRange, onHour }: WaitsByHourProps) {
  const mode = useTimeMode();
  const timeZone = mode === "utc" ? "UTC" : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const minuteOfHour = minuteOfHours(timeZone, toServerTime(Date.now()));
  const input = { ...scopeInput(filter), days: HEAT_DAYS[range], minuteOfHour };
  const waitsByHour = useQuery(queueWaitsByHour(useTRPC(), input)).data;
  return (
    <Panel
      title={TITLE}
      actions={<Choices label="Days" values={HEAT_RANGES} names={RANGE_NAMES} value={range} onChange={onRange} />}
      className="flex flex-col"
    >
      <div className="flex min-h-60 flex-col gap-2 p-3">
        {waitsByHour !== undefined && (
          <Strip heat={heatOf(waitsByHour, timeZone)} hasLane={filter.lane !== null} onHour={onHour} />
        )}
      </div>
    </Panel>
  );
}

type StripProps = Pick<WaitsByHourProps, "onHour"> & { heat: Heat; hasLane: boolean };

function Strip({ heat: { days, cells }, hasLane, onHour }: StripProps) {
  const nameOf = useStepName({ fromMs: 0, stepMs: 1 });
  const rows = cells.map((cell) => tableRow(cell, nameOf));
  const measured = cells.flatMap(({ waits }, index) =>
    waits === null ? [] : [{ ...waits, when: rows[index]?.[0] ?? "" }],
  );
  const worst = measured.toSorted((one, other) => other.p95Ms - one.p95Ms)[0];
  const summary =
    worst === undefined
      ? `No tasks started in the last ${formatPlural(days.length, "day")}`
      : `Waits by hour over ${formatPlural(days.length, "day")}: longest at ${worst.when}, when 95% of tasks started within ${formatDuration(worst.p95Ms)}`;
  return (
    <>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-2xs text-ink-3 tabular-nums">
        <div aria-hidden>
          {days.map(formatDay).map((label) => (
            <p key={label} className="flex h-5 items-center whitespace-nowrap">
              {label}
            </p>
          ))}
        </div>
        <div className="relative" style={{ height: `${days.length * ROW_REM}rem` }}>
          <div role="img" aria-label={summary} className="size-full">
            <svg
              viewBox={`0 0 ${DAY_HOURS} ${days.length}`}
              preserveAspectRatio="none"
              className="size-full"
              aria-hidden="true"
            >
              {cells.map(
                ({ day, hour, waits }) =>
                  waits !== null && <HourRect key={`${day} ${hour}`} x={hour} y={day} level={classOf(waits.p95Ms)} />,
              )}
            </svg>
          </div>
          <HeatPointer
            title={TITLE}
            cells={cells}
            days={days.length}
            figures={{ columns: COLUMNS, rows }}
            onHour={onHour}
          />
        </div>
        <p aria-hidden className="relative col-start-2 h-4 border-t">
          {NAMED_HOURS.map((hour) => (
            <span
              key={hour}
              className="absolute -translate-x-1/2 first:translate-x-0 last:-translate-x-full"
              style={{ left: `${(hour / DAY_HOURS) * 100}%` }}
            >
              {hour}
            </span>
          ))}
        </p>
      </div>
      <div className="flex flex-wrap gap-x-3 gap-y-0.5 text-2xs text-ink-2">
        {measured.length === 0 ? (
          "No tasks started."
        ) : (
          <>
            <span>95% of tasks waited</span>
            {WAIT_CLASSES.map(({ name }, level) => (
              <span key={name} className="inline-flex items-center gap-1.5">
                <svg viewBox="0 0 1 1" className="size-2.5 shrink-0" aria-hidden="true">
                  <HourRect x={0} y={0} level={level} />
                </svg>
                {name}
              </span>
            ))}
            {hasLane && <span>All lanes.</span>}
            <span className="text-ink-3">Click an hour of the last 7 days to zoom the charts.</span>
          </>
        )}
      </div>
      <FoldedFigures title={TITLE} columns={COLUMNS} rows={rows.filter((_, index) => cells[index]?.waits !== null)} />
    </>
  );
}

const ROW_REM = 1.25;
const GAP = 0.06;

function HourRect({ x, y, level }: { x: number; y: number; level: number }) {
  return (
    <rect
      x={x + GAP}
      y={y + GAP}
      width={1 - 2 * GAP}
      height={1 - 2 * GAP}
      className={`${FILL} ${FRAME}`}
      fillOpacity={DARKNESS[level]}
      strokeWidth={1}
      vectorEffect="non-scaling-stroke"
    />
  );
}

function tableRow({ fromMs, waits }: HeatCell, nameOf: (ms: number) => string): [string, ...string[]] {
  const formatWait = (ms: number | undefined) => (ms === undefined ? "none" : formatDuration(ms));
  return [
    nameOf(fromMs),
    waits === null ? "none" : formatCount(waits.samples),
    formatWait(waits?.p50Ms),
    formatWait(waits?.p95Ms),
  ];
}

/** A day of the strip: `Sat 31`. */
function formatDay(day: string): string {
  return new Intl.DateTimeFormat(undefined, { weekday: "short", day: "2-digit", timeZone: "UTC" }).format(
    Date.parse(day),
  );
}
