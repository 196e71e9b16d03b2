"use client";
import { Input } from "./field";

type LimitFieldProps = {
  label: string;
  none: string;
  min: number;
  isWhole: boolean;
  typed: string;
  onType: (typed: string) => void;
  /** It is left, by Enter to keep what was typed. */
  onEnd: (isKept: boolean) => void;
};

/** The field that a figure becomes. */
export function LimitField({ label, none, min, isWhole, typed, onType, onEnd }: LimitFieldProps) {
  return (
    <form
      className="inline-block"
      onSubmit={(event) => {
        event.preventDefault();
        onEnd(true);
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
        onChange={(event) => onType(event.target.value)}
        onFocus={(event) => event.target.select()}
        onKeyDown={(event) => event.key === "Escape" && onEnd(false)}
        onBlur={() => onEnd(false)}
      />
    </form>
  );
}
