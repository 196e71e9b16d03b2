"use client";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { describePoint, type Figures } from "@/components/ui/chart/chart-pointer";
import { ChartReadout } from "@/components/ui/chart/chart-readout";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { revealHidden } from "@/components/ui/hidden-characters";
import { cellAfter, DAY_HOURS, type HeatCell } from "./heat";

type HeatPointerProps = {
  title: string;
  cells: readonly HeatCell[];
  days: number;
  figures: Figures;
  onHour: (hour: TimeAxis) => void;
};

/**
 * Lies over the strip of hours, as its like over other pictures: mouse, finger or keys choose an hour, whose figures are
 * told beside it. A press, Enter or the space bar shows that hour alone; a finger's first press only tells.
 */
export function HeatPointer({ title, cells, days, figures, onHour }: HeatPointerProps) {
  const layer = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLSpanElement>(null);
  const last = cells.length - 1;
  const [shown, setShown] = useState<number | null>(null);
  const [lastShown, setLastShown] = useState(last);
  // By what it is pressed, and what was told before.
  const press = useRef<{ isTouch: boolean; at: number | null }>({ isTouch: false, at: null });
  const at = shown !== null && shown <= last ? shown : null;
  const shownIndex = at ?? Math.min(lastShown, last);
  const show = (next: number | null) => {
    setShown(next);
    if (next !== null) setLastShown(next);
  };
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const pressedElsewhere = ({ target }: Event) =>
      target instanceof Node && layer.current?.contains(target) !== true && setShown(null);
    document.addEventListener("pointerdown", pressedElsewhere, { signal, capture: true });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && setShown(null), { signal });
    return () => controller.abort();
  }, []);

  function under({ clientX, clientY, currentTarget }: MouseEvent): number | null {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const hour = Math.floor(((clientX - left) / width) * DAY_HOURS);
    const day = Math.floor(((clientY - top) / height) * days);
    const found = cells.findIndex((cell) => cell.day === day && cell.hour === hour);
    return found === -1 ? null : found;
  }
  function showCell(index: number | null): void {
    const cell = index === null ? undefined : cells[index];
    if (cell !== undefined) onHour({ fromMs: cell.fromMs, toMs: cell.toMs });
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The first press shows where it was left.
    const next =
      at === null
        ? cellAfter(cells, shownIndex, event.key) === null
          ? null
          : shownIndex
        : cellAfter(cells, at, event.key);
    if (next !== null) show(next);
    else if ((event.key === "Enter" || event.key === " ") && at !== null) showCell(at);
    else if (event.key === "Escape" && at !== null) setShown(null);
    else return;
    event.preventDefault();
    // The page's own keys are not meant while a picture is read.
    event.stopPropagation();
  }
  const cell = at === null ? undefined : cells[at];
  const row = figures.rows[shownIndex] ?? [""];
  return (
    <>
      <div
        ref={layer}
        role="slider"
        tabIndex={0}
        aria-label={`${revealHidden(title)}, hour by hour`}
        aria-description="Press Enter to zoom the charts to this hour"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={shownIndex}
        aria-valuetext={describePoint(figures, row)}
        className="absolute inset-0 cursor-pointer touch-pan-y rounded-sm"
        onKeyDown={onKeyDown}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(shownIndex)}
        onBlur={() => setShown(null)}
        onPointerDown={(event) => {
          press.current = { isTouch: event.pointerType === "touch", at };
          show(under(event));
        }}
        onPointerMove={(event) => show(under(event))}
        onPointerLeave={({ pointerType }) => pointerType !== "touch" && setShown(null)}
        onClick={(event) => {
          const pressed = under(event);
          if (!press.current.isTouch || press.current.at === pressed) showCell(pressed);
        }}
      >
        {cell !== undefined && (
          <span
            ref={mark}
            data-crosshair
            className="pointer-events-none absolute border border-panel outline-2 outline-ink forced-color-adjust-none"
            style={{
              left: `${(cell.hour / DAY_HOURS) * 100}%`,
              top: `${(cell.day / days) * 100}%`,
              width: `${100 / DAY_HOURS}%`,
              height: `${100 / days}%`,
            }}
          />
        )}
      </div>
      {cell !== undefined && <ChartReadout chart={mark} share={0.5} figures={figures} row={row} isOwn />}
    </>
  );
}
