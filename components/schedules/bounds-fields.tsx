import { CheckedField } from "@/components/ui/form/checked-field";
import { Input } from "@/components/ui/form/field";
import { fieldOf, instantOf } from "@/components/ui/time/instant";
import type { ScheduleDraft, ScheduleErrors } from "./draft";
import { LengthField } from "./length-field";

const MINUTE_MS = 60_000;
const JITTERS = [0, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];

type BoundsFieldsProps = {
  draft: Pick<ScheduleDraft, "startsAt" | "endsAt" | "jitterMs">;
  errors: Pick<ScheduleErrors, "startsAt" | "endsAt">;
  set: (change: Partial<Pick<ScheduleDraft, "startsAt" | "endsAt" | "jitterMs">>) => void;
};

/** From when until when it comes, and how far its times are strewn. */
export function BoundsFields({ draft, errors, set }: BoundsFieldsProps) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <InstantField
        label="Starts"
        hint="Your time zone. Leave empty to start now."
        error={errors.startsAt}
        value={draft.startsAt}
        onChange={(startsAt) => set({ startsAt })}
      />
      <InstantField
        label="Ends"
        hint="Your time zone. Leave empty for no end."
        error={errors.endsAt}
        value={draft.endsAt}
        onChange={(endsAt) => set({ endsAt })}
      />
      <LengthField
        label="Jitter"
        hint="Random delay added to each run."
        lengths={JITTERS}
        none="None"
        value={draft.jitterMs}
        onChange={(ms) => set({ jitterMs: ms ?? 0 })}
      />
    </div>
  );
}

type InstantFieldProps = {
  label: string;
  hint: string;
  error: string | undefined;
  value: string | null;
  onChange: (instant: string | null) => void;
};

function InstantField({ label, hint, error, value, onChange }: InstantFieldProps) {
  return (
    <CheckedField label={label} hint={hint} error={error}>
      {(id, aria) => (
        <Input
          id={id}
          {...aria}
          type="datetime-local"
          value={fieldOf(value)}
          onChange={(event) => onChange(instantOf(event.target.value))}
        />
      )}
    </CheckedField>
  );
}
