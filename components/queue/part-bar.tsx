"use client";
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
      {(["fromMs", "toMs"] as const).map((end) => (
        <Input
          key={`${end} ${part[end]}`}
          type="datetime-local"
          aria-label={end === "fromMs" ? "Pictures from" : "Pictures to"}
          className="w-auto text-xs"
          defaultValue={fieldOf(new Date(part[end]).toISOString())}
          onBlur={(event) => set(end, event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && set(end, event.currentTarget.value)}
        />
      ))}
      <Button size="sm" onClick={() => onChange(null)}>
        Show all of it
      </Button>
    </span>
  );
}
