"use client";
import dynamic from "next/dynamic";
import { useEffect, useRef, useState } from "react";

// Figures are read far more often than changed.
const LimitField = dynamic(() => import("./limit-field").then((module) => module.LimitField), { ssr: false });

type LimitCellProps = {
  /** What the figure is, with the place that it is of: `Running at once in ci`. */
  label: string;
  value: number | null;
  none: string;
  isFixed: boolean;
  min: number;
  isWhole?: boolean;
  onChange: (value: number | null) => void;
};

/** A figure that becomes a field when it is pressed: Enter keeps what is typed, Escape what was there, empty takes it away. */
export function LimitCell({ label, value, none, isFixed, min, isWhole = true, onChange }: LimitCellProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  const isOpen = typed !== null;
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const shown = value === null ? none : value.toLocaleString("en");
  if (isFixed) return <span className="tabular-nums">{shown}</span>;
  if (typed === null)
    return (
      <button
        ref={button}
        type="button"
        aria-label={`${label}: ${shown}, change`}
        className="rounded px-1.5 py-0.5 tabular-nums underline decoration-dotted underline-offset-4 hover:bg-hover"
        onClick={() => setTyped(value === null ? "" : String(value))}
      >
        {shown}
      </button>
    );
  return (
    <LimitField
      {...{ label, none, min, isWhole, typed }}
      onType={setTyped}
      onEnd={(isKept) => {
        setTyped(null);
        const next = typed.trim() === "" ? null : Number(typed);
        if (isKept && next !== value) onChange(next);
      }}
    />
  );
}
