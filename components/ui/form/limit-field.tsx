"use client";
import { useState } from "react";
import { Input } from "./field";

type LimitFieldProps = {
  label: string;
  value: number | null;
  none: string;
  min: number;
  isWhole?: boolean;
  onChange: (value: number | null) => void;
  /** It is left, whether what was typed is kept or not. */
  onEnd: () => void;
};

/** The field that a figure becomes. */
export function LimitField({ label, value, none, min, isWhole = true, onChange, onEnd }: LimitFieldProps) {
  const [typed, setTyped] = useState(value === null ? "" : String(value));
  return (
    <form
      className="inline-block"
      onSubmit={(event) => {
        event.preventDefault();
        onEnd();
        const next = typed.trim() === "" ? null : Number(typed);
        if (next !== value) onChange(next);
      }}
    >
      <Input
        autoFocus
        type="number"
        min={min}
        step={isWhole ? 1 : "any"}
        aria-label={label}
        placeholder={none}
        className="h-7 w-20 px-1.5 text-xs"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onFocus={(event) => event.target.select()}
        onKeyDown={(event) => event.key === "Escape" && onEnd()}
        onBlur={onEnd}
      />
    </form>
  );
}
