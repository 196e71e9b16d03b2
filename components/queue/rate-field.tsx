"use client";
import { Check } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { type Rate, STARTS_MAX, STARTS_WINDOW_MAX_SECONDS } from "@/contract/rate";
import type { ControlChange } from "./use-control";

/** Units of a window, by their seconds. */
const UNITS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
type Unit = keyof typeof UNITS;
const UNIT_NAMES = Object.keys(UNITS) as Unit[];

type RateFieldProps = {
  label: string;
  rate: Rate | null;
  onChange: (change: ControlChange) => void;
  /** It is left, whether what was typed is kept or not. */
  onEnd: () => void;
};

/** The fields that a rate becomes: Enter keeps what is typed, Escape what was there; no starts take the rate away. */
export function RateField({ label, rate, onChange, onEnd }: RateFieldProps) {
  const [starts, setStarts] = useState(rate === null ? "" : String(rate.startsMax));
  const [unit, setUnit] = useState(unitOf(rate));
  const [count, setCount] = useState(rate === null ? "1" : String(rate.startsWindowSeconds / UNITS[unit]));
  const isNone = starts.trim() === "";
  const keep = () => {
    onEnd();
    const change = isNone
      ? { startsMax: null, startsWindowSeconds: null }
      : { startsMax: Number(starts), startsWindowSeconds: Number(count) * UNITS[unit] };
    const isSame =
      change.startsMax === (rate?.startsMax ?? null) &&
      change.startsWindowSeconds === (rate?.startsWindowSeconds ?? null);
    if (!isSame) onChange(change);
  };
  return (
    <form
      aria-label={label}
      className="inline-flex max-w-full flex-wrap items-center gap-1 text-xs text-ink-3 sm:w-40 sm:justify-end"
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
      onKeyDown={(event) => event.key === "Escape" && onEnd()}
      onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && onEnd()}
    >
      <Figure autoFocus label={`${label}: starts`} none="none" max={STARTS_MAX} value={starts} onChange={setStarts} />
      starts in
      <Figure
        label={`${label}: how many of the unit`}
        isRequired={!isNone}
        max={Math.floor(STARTS_WINDOW_MAX_SECONDS / UNITS[unit])}
        value={count}
        onChange={setCount}
      />
      <Select
        aria-label={`${label}: unit`}
        className="h-7 w-auto px-1.5 pr-6 text-xs"
        value={unit}
        onChange={({ target }) => setUnit(target.value as Unit)}
      >
        {UNIT_NAMES.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      {/* Safari gives no button the focus: without it the fields would be left, and gone, before the press is over. */}
      <Button
        type="submit"
        look="ghost"
        size="icon-sm"
        aria-label="Set the rate"
        title="Set the rate"
        onMouseDown={(event) => event.preventDefault()}
      >
        <Check aria-hidden className="size-4" />
      </Button>
    </form>
  );
}

type FigureProps = {
  label: string;
  none?: string;
  max: number;
  value: string;
  autoFocus?: boolean;
  isRequired?: boolean;
  onChange: (value: string) => void;
};

function Figure({ label, none, isRequired = false, onChange, ...rest }: FigureProps) {
  return (
    <Input
      {...rest}
      type="number"
      min={1}
      step={1}
      required={isRequired}
      aria-label={label}
      placeholder={none}
      className="h-7 w-16 px-1.5 text-xs sm:w-12"
      onChange={({ target }) => onChange(target.value)}
      onFocus={({ target }) => target.select()}
    />
  );
}

/** The largest unit that a window is whole in; a rate that is new is one of a minute. */
function unitOf(rate: Rate | null): Unit {
  if (rate === null) return "minutes";
  return UNIT_NAMES.findLast((name) => rate.startsWindowSeconds % UNITS[name] === 0) ?? "seconds";
}
