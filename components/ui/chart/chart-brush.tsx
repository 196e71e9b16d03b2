"use client";
import { type RefObject, useEffect, useRef, useState } from "react";
import { edgesOf, rangeBetween } from "./brush";
import { type ChartPoints, nearestPoint, pointAt, readCrosshair, type TimeAxis } from "./crosshair";

type ChartBrushProps = {
  /** What lies over the chart, and takes pointer and keys. */
  layer: RefObject<HTMLElement | null>;
  chartId: string;
  points: ChartPoints;
  nameOf: (point: number) => string;
  onBrush: (range: TimeAxis) => void;
};
type BrushRange = { from: number; to: number };

const DRAG_PX = 4;
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/** A part of a chart that is chosen by dragging over it, or by Shift and the arrows and then Enter. */
export function ChartBrush({ layer, chartId, points, nameOf, onBrush }: ChartBrushProps) {
  const [brushed, setBrushed] = useState<BrushRange | null>(null);
  const latest = useRef({ points, brushed, onBrush, chartId });
  useEffect(() => {
    latest.current = { points, brushed, onBrush, chartId };
  });
  useEffect(() => {
    const chart = layer.current;
    if (chart === null) return;
    const controller = new AbortController();
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      listener: (event: HTMLElementEventMap[Name]) => void,
    ) => chart.addEventListener(name, listener, { signal: controller.signal });
    const commit = ({ from, to }: BrushRange) => {
      const range = rangeBetween(latest.current.points, from, to);
      setBrushed(null);
      if (range !== null) latest.current.onBrush(range);
    };

    let pressed: { x: number; point: number } | null = null;
    let dragged: BrushRange | null = null;
    const nearest = ({ clientX }: PointerEvent) => {
      const { left, width } = chart.getBoundingClientRect();
      return nearestPoint(latest.current.points.shares, (clientX - left) / width);
    };
    on("pointerdown", (event) => {
      const point = nearest(event);
      setBrushed(null);
      // A finger tells figures as it moves.
      if (event.button === 0 && event.pointerType !== "touch" && point !== null) pressed = { x: event.clientX, point };
    });
    on("pointermove", (event) => {
      const to = nearest(event);
      if (pressed === null || to === null) return;
      if (dragged === null && Math.abs(event.clientX - pressed.x) < DRAG_PX) return;
      if (dragged === null) chart.setPointerCapture(event.pointerId);
      dragged = { from: pressed.point, to };
      setBrushed(dragged);
    });
    const end = () => {
      pressed = null;
      dragged = null;
    };
    on("pointerup", () => {
      if (dragged !== null) commit(dragged);
      end();
    });
    on("pointercancel", () => {
      end();
      setBrushed(null);
    });
    // Words beside the chart would be selected by the way.
    const keep = (event: Event) => pressed !== null && event.preventDefault();
    document.addEventListener("selectstart", keep, { signal: controller.signal });

    on("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { points, brushed, chartId } = latest.current;
      const last = points.shares.length - 1;
      const step = STEPS[event.key];
      if (event.key === "Enter" && brushed !== null) {
        event.preventDefault();
        event.stopPropagation();
        commit(brushed);
      } else if (event.shiftKey && (step !== undefined || event.key === "Home" || event.key === "End")) {
        // The chart itself moves its point by the same key, a moment later.
        const at = pointAt(readCrosshair(), chartId, points) ?? last;
        const to = step === undefined ? (event.key === "Home" ? 0 : last) : Math.max(0, Math.min(at + step, last));
        setBrushed({ from: brushed?.from ?? at, to });
      } else if (event.key !== "Shift") setBrushed(null);
    });
    on("blur", () => setBrushed(null));
    return () => controller.abort();
  }, [layer]);

  const [first, last] =
    brushed === null ? [0, 0] : [Math.min(brushed.from, brushed.to), Math.max(brushed.from, brushed.to)];
  const { left } = edgesOf(points.shares, first);
  const { right } = edgesOf(points.shares, last);
  return (
    <>
      {brushed !== null && (
        <span
          data-brush
          aria-hidden
          className="pointer-events-none absolute inset-y-0 border-x border-accent bg-accent/15"
          style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
        />
      )}
      <span role="status" className="sr-only">
        {brushed !== null && `From ${nameOf(first)} to ${nameOf(last)}: press Enter to zoom`}
      </span>
    </>
  );
}
