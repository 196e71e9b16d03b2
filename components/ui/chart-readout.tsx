"use client";
import { type RefObject, useRef } from "react";
import { createPortal } from "react-dom";
import type { Figures } from "./chart-pointer";
import { besidePoint } from "./crosshair";
import { Swatch } from "./swatch";
import { usePlacing } from "./use-placing";

type ChartReadoutProps = {
  /** What the point lies on. */
  chart: RefObject<HTMLElement | null>;
  share: number;
  figures: Figures;
  row: readonly string[];
  /** Whether it is this chart that is pointed at: another that is not seen whole tells nothing. */
  isOwn: boolean;
};

/** The figures of one point, beside it: out of the page's flow, and of all that would clip it. */
export function ChartReadout({ chart, share, figures, row, isOwn }: ChartReadoutProps) {
  const { columns, unit, swatches } = figures;
  const box = useRef<HTMLDivElement>(null);
  usePlacing(() => {
    const [told, drawn] = [box.current, chart.current?.getBoundingClientRect()];
    if (told === null || drawn === undefined) return;
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const size = { width: told.offsetWidth, height: told.offsetHeight };
    const { left, top } = besidePoint(drawn, share, size, { width, height });
    told.style.translate = `${left}px ${top}px`;
    const isSeen = isOwn ? drawn.bottom > 0 && drawn.top < height : drawn.top >= 0 && drawn.bottom <= height;
    told.style.visibility = isSeen ? "visible" : "hidden";
  });
  const [name, ...told] = row;
  return createPortal(
    // Hidden from screen readers: the chart's slider tells it.
    <div
      ref={box}
      aria-hidden
      data-chart-readout
      className="pointer-events-none invisible fixed top-0 left-0 z-30 flex max-w-[min(20rem,calc(100vw-1rem))] flex-col gap-0.5 rounded-lg border bg-raised px-2.5 py-1.5 text-2xs shadow-pop"
    >
      <p className="font-medium tabular-nums">
        {name}
        {unit !== undefined && <span className="font-normal text-ink-3"> · {unit}</span>}
      </p>
      {told.map((figure, index) => (
        <p key={columns[index + 1]} className="flex items-center gap-1.5">
          {swatches !== undefined && <Swatch look={swatches[index] ?? ""} />}
          <span className="truncate text-ink-2">{columns[index + 1]}</span>
          <span className="ml-auto pl-3 whitespace-nowrap tabular-nums">{figure}</span>
        </p>
      ))}
    </div>,
    document.body,
  );
}
