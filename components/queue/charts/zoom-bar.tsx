"use client";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { Input } from "@/components/ui/form/field";
import { fieldOf, instantOf } from "@/components/ui/time/instant";

type ZoomBarProps = { zoom: TimeAxis; onChange: (zoom: TimeAxis | null) => void };

/** From when to when the pictures go, to be set without a picture too; and the way back to all that they showed. */
export function ZoomBar({ zoom, onChange }: ZoomBarProps) {
  const set = (end: keyof TimeAxis, typed: string) => {
    const instant = instantOf(typed);
    const next = { ...zoom, [end]: instant === null ? Number.NaN : Date.parse(instant) };
    // What is half typed, or ends before it begins, is no time yet.
    if (next.fromMs < next.toMs) onChange(next);
  };
  return (
    <span className="flex flex-wrap items-center gap-2">
      <End label="Charts from" ms={zoom.fromMs} onChange={(typed) => set("fromMs", typed)} />
      <End label="Charts to" ms={zoom.toMs} onChange={(typed) => set("toMs", typed)} />
      <Button size="sm" onClick={() => onChange(null)}>
        Reset zoom
      </Button>
    </span>
  );
}

/** An end of it, which is taken once it is left, or by Enter: digit by digit it would be other times. */
function End({ label, ms, onChange }: { label: string; ms: number; onChange: (typed: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    if (typed !== null) onChange(typed);
    setTyped(null);
  };
  return (
    <Input
      type="datetime-local"
      aria-label={label}
      className="w-auto text-xs"
      value={typed ?? fieldOf(new Date(ms).toISOString())}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
    />
  );
}
