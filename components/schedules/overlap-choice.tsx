import { useId } from "react";
import { SCHEDULE_OVERLAPS, type ScheduleOverlap } from "@/contract/words";
import { OVERLAP_WORDS } from "./words";

type OverlapChoiceProps = { value: ScheduleOverlap; onChange: (overlap: ScheduleOverlap) => void };

/** What is done when its time comes and the earlier task has not ended. */
export function OverlapChoice({ value, onChange }: OverlapChoiceProps) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="text-xs font-medium text-ink-2">While its earlier task has not ended</legend>
      <div className="mt-1.5 flex flex-col gap-2 rounded-md border p-3">
        {SCHEDULE_OVERLAPS.map((overlap) => (
          <div key={overlap} className="grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2 text-xs">
            <input
              type="radio"
              id={`${name}-${overlap}`}
              aria-describedby={`${name}-${overlap}-hint`}
              name={name}
              className="mt-0.5"
              value={overlap}
              checked={overlap === value}
              onChange={() => onChange(overlap)}
            />
            <label htmlFor={`${name}-${overlap}`} className="font-medium">
              {OVERLAP_WORDS[overlap].name}
            </label>
            <p id={`${name}-${overlap}-hint`} className="col-start-2 text-ink-2">
              {OVERLAP_WORDS[overlap].hint}
            </p>
          </div>
        ))}
      </div>
    </fieldset>
  );
}
