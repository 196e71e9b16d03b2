"use client";
import dynamic from "next/dynamic";
import { useRef, useState } from "react";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { QueueControl } from "@/contract/queue-control";
import { rateWords } from "@/contract/rate";
import { type ControlChange, laneName } from "./use-control";

const RatePopup = dynamic(() => import("./rate-popup").then((module) => module.RatePopup), { ssr: false });

type RateCellProps = { control: QueueControl; isFixed: boolean; onChange: (change: ControlChange) => void };

/** How many starts a queue or lane has in which time, changed over its place: the table keeps its widths. */
export function RateCell({ control, isFixed, onChange }: RateCellProps) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { startsMax, startsWindowSeconds } = control;
  const rate = startsMax === null || startsWindowSeconds === null ? null : { startsMax, startsWindowSeconds };
  const label = `Rate of ${laneName(control)}`;
  const shown = rate === null ? "none" : revealHidden(rateWords(rate));
  if (isFixed) return <span className="tabular-nums">{shown}</span>;
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-label={`${label}: ${shown}, change`}
        className="rounded px-1.5 py-0.5 tabular-nums underline decoration-dotted underline-offset-4 hover:bg-hover"
        onClick={() => setIsOpen(true)}
      >
        {shown}
      </button>
      {isOpen && <RatePopup {...{ label, rate, onChange }} anchor={button} onEnd={() => setIsOpen(false)} />}
    </>
  );
}
