"use client";
import { useSyncExternalStore } from "react";
import { revealHidden } from "@/components/ui/hidden-characters";
import { useTimeMode } from "@/components/ui/time/clock";
import type { TimeAxis } from "./crosshair";
import { timeTicks } from "./time-ticks";

/** What a picture's height stands for: its top, and how a figure of it is written. */
export type Scale = { top: number; format: (value: number) => string };

/** `1.0 s` is no rounder than `1 s`. */
const formatRound = (text: string) => text.replace(/\.0(?=\D)/, "");

/** The figures at the top, the middle and the ground of a picture, beside it. */
export function ScaleTicks({ scale: { top, format } }: { scale: Scale }) {
  const middle = top === 1 ? null : format(top / 2);
  return (
    <div
      aria-hidden
      className="-my-2 flex flex-col justify-between text-right text-2xs whitespace-nowrap text-ink-3 tabular-nums"
    >
      <span>{revealHidden(formatRound(format(top)))}</span>
      {middle !== null && <span>{revealHidden(formatRound(middle))}</span>}
      <span>0</span>
    </div>
  );
}

/** Light lines behind a picture, where those figures are. */
export function GridLines({ hasMiddle }: { hasMiddle: boolean }) {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0 border-t border-line">
      {hasMiddle && <div className="absolute inset-x-0 top-1/2 border-t border-line" />}
    </div>
  );
}

const never = () => () => {};

/** From when to when a picture goes, with round times between where it goes over a time. */
export function TimeTicks({ axis, from, to }: { axis: TimeAxis | null; from: string; to: string }) {
  const mode = useTimeMode();
  // The server does not know the reader's clock.
  const isHere = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const ticks = axis === null || !isHere ? [] : timeTicks(axis, mode === "utc");
  return (
    <p aria-hidden className="relative flex justify-between border-t pt-0.5 text-2xs text-ink-3 tabular-nums">
      <span>{from}</span>
      {ticks.map(({ share, label }) => (
        <span
          key={share}
          className="absolute -translate-x-1/2 before:absolute before:-top-0.5 before:left-1/2 before:h-1 before:border-l before:border-line-strong"
          style={{ left: `${share * 100}%` }}
        >
          {label}
        </span>
      ))}
      <span>{to}</span>
    </p>
  );
}

/** What each bar stands for, below it; of many every other one is named. */
export function BarLabels({ labels }: { labels: readonly string[] }) {
  const every = Math.ceil(labels.length / 8);
  return (
    <p aria-hidden className="flex border-t pt-0.5 text-2xs whitespace-nowrap text-ink-3 tabular-nums">
      {labels.map((label, index) => (
        <span key={label} className="flex min-w-0 flex-1 justify-center">
          {index % every === 0 && <span>{revealHidden(formatRound(label))}</span>}
        </span>
      ))}
    </p>
  );
}
