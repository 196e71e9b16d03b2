"use client";
import { Popover as Base } from "@base-ui/react/popover";
import { type RefObject, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/form/field";
import { type Rate, STARTS_MAX, STARTS_WINDOW_MAX_SECONDS } from "@/contract/rate";
import type { ControlChange } from "./use-control";

/** Units of a window, by their seconds. */
const UNITS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
type Unit = keyof typeof UNITS;
const UNIT_NAMES = Object.keys(UNITS) as Unit[];
const NO_RATE = { startsMax: null, startsWindowSeconds: null };

type RatePopupProps = {
  label: string;
  rate: Rate | null;
  /** Where it opens, and where the focus goes when it is left. */
  anchor: RefObject<HTMLButtonElement | null>;
  onChange: (change: ControlChange) => void;
  /** It is left, whether what was typed is kept or not. */
  onEnd: () => void;
};

/** The fields of a rate: Enter keeps what is typed, Escape what was there; no starts take the rate away. */
export function RatePopup({ label, rate, anchor, onChange, onEnd }: RatePopupProps) {
  const [starts, setStarts] = useState(rate === null ? "" : String(rate.startsMax));
  const [unit, setUnit] = useState(unitOf(rate));
  const [count, setCount] = useState(rate === null ? "1" : String(rate.startsWindowSeconds / UNITS[unit]));
  const first = useRef<HTMLInputElement>(null);
  const isNone = starts.trim() === "";
  const keep = (change: ControlChange) => {
    onEnd();
    const isSame =
      change.startsMax === (rate?.startsMax ?? null) &&
      change.startsWindowSeconds === (rate?.startsWindowSeconds ?? null);
    if (!isSame) onChange(change);
  };
  return (
    <Base.Root open onOpenChange={(isOpen) => !isOpen && onEnd()}>
      <Base.Portal>
        <Base.Positioner anchor={anchor} side="bottom" align="end" sideOffset={4} collisionPadding={8} className="z-50">
          <Base.Popup
            aria-label={label}
            initialFocus={first}
            finalFocus={anchor}
            className="max-w-[calc(100vw-1rem)] rounded-lg border bg-raised p-3 shadow-pop outline-none"
          >
            <form
              className="flex flex-wrap items-center gap-1.5 text-xs text-ink-2"
              onSubmit={(event) => {
                event.preventDefault();
                keep(
                  isNone ? NO_RATE : { startsMax: Number(starts), startsWindowSeconds: Number(count) * UNITS[unit] },
                );
              }}
            >
              <Figure
                field={first}
                label={`${label}: starts`}
                none="No limit"
                max={STARTS_MAX}
                value={starts}
                onChange={setStarts}
              />
              starts per
              <Figure
                label={`${label}: number of units`}
                isRequired={!isNone}
                max={Math.floor(STARTS_WINDOW_MAX_SECONDS / UNITS[unit])}
                value={count}
                onChange={setCount}
              />
              <Select
                aria-label={`${label}: unit`}
                className="h-8 w-auto text-xs"
                value={unit}
                onChange={({ target }) => setUnit(target.value as Unit)}
              >
                {UNIT_NAMES.map((name) => (
                  <option key={name} value={name}>
                    {count === "1" ? name.slice(0, -1) : name}
                  </option>
                ))}
              </Select>
              <Button type="submit" size="sm" variant="primary">
                Save
              </Button>
              {rate !== null && (
                <Button size="sm" variant="ghost" onClick={() => keep(NO_RATE)}>
                  Remove
                </Button>
              )}
            </form>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

type FigureProps = {
  label: string;
  none?: string;
  max: number;
  value: string;
  field?: RefObject<HTMLInputElement | null>;
  isRequired?: boolean;
  onChange: (value: string) => void;
};

function Figure({ label, none, field, isRequired = false, onChange, ...rest }: FigureProps) {
  return (
    <Input
      {...rest}
      ref={field}
      type="number"
      min={1}
      step={1}
      required={isRequired}
      aria-label={label}
      placeholder={none}
      className="h-8 w-20 text-xs"
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
