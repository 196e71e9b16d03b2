"use client";
import { type RefObject, useEffect, useRef, useState } from "react";
import { edgesOf, partBetween } from "./brush";
import { nearestPoint, type Places, pointAt, readCrosshair, type TimeAxis } from "./crosshair";

type ChartBrushProps = {
  /** What lies over the chart, and takes pointer and keys. */
  layer: RefObject<HTMLElement | null>;
  chartId: string;
  places: Places;
  nameOf: (point: number) => string;
  onBrush: (part: TimeAxis) => void;
};
type Ends = { from: number; to: number };

const DRAG_PX = 4;
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/** A part of a chart that is chosen by dragging over it, or by Shift and the arrows and then Enter. */
export function ChartBrush({ layer, chartId, places, nameOf, onBrush }: ChartBrushProps) {
  const [ends, setEnds] = useState<Ends | null>(null);
  const latest = useRef({ places, ends, onBrush, chartId });
  useEffect(() => {
    latest.current = { places, ends, onBrush, chartId };
  });
  useEffect(() => {
    const chart = layer.current;
    if (chart === null) return;
    const given = new AbortController();
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      listener: (event: HTMLElementEventMap[Name]) => void,
    ) => chart.addEventListener(name, listener, { signal: given.signal });
    const take = ({ from, to }: Ends) => {
      const part = partBetween(latest.current.places, from, to);
      setEnds(null);
      if (part !== null) latest.current.onBrush(part);
    };

    let pressed: { x: number; point: number } | null = null;
    let dragged: Ends | null = null;
    const nearest = ({ clientX }: PointerEvent) => {
      const { left, width } = chart.getBoundingClientRect();
      return nearestPoint(latest.current.places.shares, (clientX - left) / width);
    };
    on("pointerdown", (event) => {
      const point = nearest(event);
      setEnds(null);
      // A finger tells figures as it moves.
      if (event.button === 0 && event.pointerType !== "touch" && point !== null) pressed = { x: event.clientX, point };
    });
    on("pointermove", (event) => {
      const to = nearest(event);
      if (pressed === null || to === null) return;
      if (dragged === null && Math.abs(event.clientX - pressed.x) < DRAG_PX) return;
      if (dragged === null) chart.setPointerCapture(event.pointerId);
      dragged = { from: pressed.point, to };
      setEnds(dragged);
    });
    const end = () => {
      pressed = null;
      dragged = null;
    };
    on("pointerup", () => {
      if (dragged !== null) take(dragged);
      end();
    });
    on("pointercancel", () => {
      end();
      setEnds(null);
    });
    // Words beside the chart would be selected by the way.
    const keep = (event: Event) => pressed !== null && event.preventDefault();
    document.addEventListener("selectstart", keep, { signal: given.signal });

    on("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { places, ends, chartId } = latest.current;
      const last = places.shares.length - 1;
      const step = STEPS[event.key];
      if (event.key === "Enter" && ends !== null) {
        event.preventDefault();
        event.stopPropagation();
        take(ends);
      } else if (event.shiftKey && (step !== undefined || event.key === "Home" || event.key === "End")) {
        // The chart itself moves its point by the same key, a moment later.
        const at = pointAt(readCrosshair(), chartId, places) ?? last;
        const to = step === undefined ? (event.key === "Home" ? 0 : last) : Math.max(0, Math.min(at + step, last));
        setEnds({ from: ends?.from ?? at, to });
      } else if (event.key !== "Shift") setEnds(null);
    });
    on("blur", () => setEnds(null));
    return () => given.abort();
  }, [layer]);

  const [first, last] = ends === null ? [0, 0] : [Math.min(ends.from, ends.to), Math.max(ends.from, ends.to)];
  const { left } = edgesOf(places.shares, first);
  const { right } = edgesOf(places.shares, last);
  return (
    <>
      {ends !== null && (
        <span
          data-brush
          aria-hidden
          className="pointer-events-none absolute inset-y-0 border-x border-accent bg-accent/15"
          style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
        />
      )}
      <span role="status" className="sr-only">
        {ends !== null && `From ${nameOf(first)} to ${nameOf(last)}: press Enter to zoom`}
      </span>
    </>
  );
}
