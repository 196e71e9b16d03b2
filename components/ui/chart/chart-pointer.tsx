"use client";
import dynamic from "next/dynamic";
import { type KeyboardEvent, use, useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { revealHidden } from "@/components/ui/hidden-characters";
import { BrushContext } from "./brush-context";
import {
  type ChartPoints,
  clearCrosshair,
  pointAt,
  readCrosshair,
  setCrosshair,
  subscribeCrosshair,
} from "./crosshair";
import { usePointing } from "./use-pointing";

// A page with charts is often only looked at.
const ChartReadout = dynamic(() => import("./chart-readout").then((module) => module.ChartReadout), { ssr: false });
const ChartBrush = dynamic(() => import("./chart-brush").then((module) => module.ChartBrush), { ssr: false });

export type Figures = {
  /** What each point is called, then what its figures are. */
  columns: readonly string[];
  /** One for each point, from left to right. */
  rows: readonly (readonly [string, ...string[]])[];
  /** What the figures count, where they do not say so themselves. */
  unit?: string | undefined;
  /** How each figure is drawn, as the legend shows it. */
  swatches?: readonly (string | undefined)[] | undefined;
};
type ChartPointerProps = { title: string; points: ChartPoints; figures: Figures };

/**
 * Lies over a chart: the pointer, a finger or the arrow keys choose one of its points, whose figures are told beside it.
 * To a screen reader it is a slider over the points, whose value is told as it moves.
 */
export function ChartPointer({ title, points, figures }: ChartPointerProps) {
  const id = useId();
  const layer = useRef<HTMLDivElement>(null);
  const lastPoint = useRef(Number.POSITIVE_INFINITY);
  const crosshair = useSyncExternalStore(subscribeCrosshair, readCrosshair, () => null);
  const point = pointAt(crosshair, id, points);
  const isOwn = crosshair?.chartId === id && point !== null;
  const onBrush = use(BrushContext);
  const [wasPointedAt, setWasPointedAt] = useState(false);
  usePointing(layer, id, points);
  useEffect(() => () => clearCrosshair(id), [id]);
  useEffect(() => {
    if (point !== null) lastPoint.current = point;
    if (isOwn) setWasPointedAt(true);
  }, [point, isOwn]);

  const last = figures.rows.length - 1;
  const show = (next: number) => setCrosshair({ chartId: id, point: Math.max(0, Math.min(next, last)), points });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The first press shows where it was left.
    const next = isOwn ? pointAfter(event.key, point, last) : pointAfter(event.key, lastPoint.current, last, 0);
    if (next !== null) show(next);
    else if (event.key === "Escape" && isOwn) clearCrosshair(id);
    else return;
    event.preventDefault();
    // The page's own keys are not meant while a chart is read.
    event.stopPropagation();
  };
  const shownPoint = point ?? last;
  const row = figures.rows[shownPoint] ?? [""];
  const share = point === null ? undefined : points.shares[point];
  return (
    <>
      <div
        ref={layer}
        role="slider"
        tabIndex={0}
        aria-label={`${revealHidden(title)}, point by point`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={shownPoint}
        aria-valuetext={describePoint(figures, row)}
        className="absolute inset-0 cursor-crosshair touch-pan-y rounded-sm"
        onKeyDown={onKeyDown}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(lastPoint.current)}
        onBlur={() => clearCrosshair(id)}
      >
        {share !== undefined && (
          <span
            data-crosshair
            className="absolute inset-y-0 -ml-px border-l border-dashed border-ink"
            style={{ left: `${share * 100}%` }}
          />
        )}
      </div>
      {wasPointedAt && onBrush !== null && points.axis !== null && (
        <ChartBrush {...{ layer, points, onBrush }} chartId={id} nameOf={(at) => figures.rows[at]?.[0] ?? ""} />
      )}
      {share !== undefined && <ChartReadout chart={layer} {...{ share, figures, row, isOwn }} />}
    </>
  );
}

function pointAfter(key: string, point: number, last: number, step = 1): number | null {
  if (key === "ArrowRight" || key === "ArrowUp") return point + step;
  if (key === "ArrowLeft" || key === "ArrowDown") return point - step;
  if (key === "Home") return 0;
  return key === "End" ? last : null;
}

/** The figures of a point in one sentence, for who reads by ear. */
export function describePoint({ columns, unit }: Figures, [name, ...values]: readonly string[]): string {
  const figures = values.map((value, index) => `${columns[index + 1]} ${value}`).join(", ");
  return `${name}${unit === undefined ? "" : `, ${unit}`}: ${figures}`;
}
