"use client";
import { type RefObject, useRef } from "react";
import { createPortal } from "react-dom";
import { useRepositioned } from "@/components/ui/use-repositioned";
import type { Figures } from "./chart-pointer";
import { readoutPosition } from "./crosshair";
import { Swatch } from "./swatch";

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
  const element = useRef<HTMLDivElement>(null);
  useRepositioned(() => {
    const [readout, chartBounds] = [element.current, chart.current?.getBoundingClientRect()];
    if (readout === null || chartBounds === undefined) return;
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const size = { width: readout.offsetWidth, height: readout.offsetHeight };
    const { left, top } = readoutPosition(chartBounds, share, size, { width, height });
    readout.style.translate = `${left}px ${top}px`;
    const isVisible = isOwn
      ? chartBounds.bottom > 0 && chartBounds.top < height
      : chartBounds.top >= 0 && chartBounds.bottom <= height;
    readout.style.visibility = isVisible ? "visible" : "hidden";
  });
  const [name, ...values] = row;
  return createPortal(
    // Hidden from screen readers: the chart's slider tells it.
    <div
      ref={element}
      aria-hidden
      data-chart-readout
      className="pointer-events-none invisible fixed top-0 left-0 z-30 flex max-w-[min(20rem,calc(100vw-1rem))] flex-col gap-0.5 rounded-lg border bg-raised px-2.5 py-1.5 text-2xs shadow-pop"
    >
      <p className="font-medium tabular-nums">
        {name}
        {unit !== undefined && <span className="font-normal text-ink-3"> · {unit}</span>}
      </p>
      {values.map((value, index) => (
        <p key={columns[index + 1]} className="flex items-center gap-1.5">
          {swatches !== undefined && <Swatch style={swatches[index] ?? ""} />}
          <span className="truncate text-ink-2">{columns[index + 1]}</span>
          <span className="ml-auto pl-3 whitespace-nowrap tabular-nums">{value}</span>
        </p>
      ))}
    </div>,
    document.body,
  );
}
