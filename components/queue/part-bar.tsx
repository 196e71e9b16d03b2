"use client";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import type { TimeAxis } from "@/components/ui/crosshair";
import { Input } from "@/components/ui/field";
import { fieldOf, instantOf } from "@/components/ui/instant";

type PartBarProps = { part: TimeAxis; onChange: (part: TimeAxis | null) => void };

/** From when to when the pictures go, to be set without a picture too; and the way back to all that they showed. */
export function PartBar({ part, onChange }: PartBarProps) {
  const set = (end: keyof TimeAxis, typed: string) => {
    const instant = instantOf(typed);
    const next = { ...part, [end]: instant === null ? Number.NaN : Date.parse(instant) };
    // What is half typed, or ends before it begins, is no time yet.
    if (next.fromMs < next.toMs) onChange(next);
  };
  return (
    <span className="flex flex-wrap items-center gap-2">
      <End label="Charts from" ms={part.fromMs} onChange={(typed) => set("fromMs", typed)} />
      <End label="Charts to" ms={part.toMs} onChange={(typed) => set("toMs", typed)} />
      <Button size="sm" onClick={() => onChange(null)}>
        Reset zoom
      </Button>
    </span>
  );
}

/** An end of it, which is taken once it is left, or by Enter: digit by digit it would be other times. */
function End({ label, ms, onChange }: { label: string; ms: number; onChange: (typed: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
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
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
