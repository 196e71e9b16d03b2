import { useState } from "react";
import { cn } from "@/components/ui/class-names";
import { CheckedField } from "@/components/ui/form/checked-field";
import { Choices } from "@/components/ui/form/choices";
import { Field, Input, Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { formatInZone, knownZones, ownZone } from "@/components/ui/time/zone";
import type { ScheduleDraft } from "./draft";
import {
  type At,
  cronOf,
  DAYS,
  PRESET_NAMES,
  PRESETS,
  type Preset,
  presetOf,
  readTime,
  timeOf,
  USUAL_AT,
} from "./plans";
import type { Preview } from "./use-preview";

type PlanDraft = Pick<ScheduleDraft, "cron" | "timeZone">;
type PlanFieldsProps = {
  draft: PlanDraft;
  preview: Preview;
  errors: { cron?: string; timeZone?: string };
  set: (change: Partial<PlanDraft>) => void;
};

/** When it comes: one of the usual plans, or any as cron, with what the server makes of it. */
export function PlanFields({ draft, preview, errors, set }: PlanFieldsProps) {
  const read = presetOf(draft.cron);
  const [isAsCron, setIsAsCron] = useState(read.preset === "cron");
  // What was chosen before is where the next choice begins, also after a cron that is none of them.
  const [lastAt, setLastAt] = useState(USUAL_AT);
  const preset = isAsCron ? "cron" : read.preset;
  const at = read.preset === "cron" ? lastAt : { ...lastAt, ...read.at };
  const choose = (next: Preset, nextAt: At = at) => {
    setIsAsCron(next === "cron");
    if (next === "cron") return;
    setLastAt(nextAt);
    set({ cron: cronOf(next, nextAt) });
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="mb-1 text-xs font-medium text-ink-2">Frequency</legend>
      <Choices
        label="Frequency"
        values={PRESETS}
        names={PRESET_NAMES}
        value={preset}
        onChange={(next) => choose(next)}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        {preset !== "cron" && <When preset={preset} at={at} onChange={(nextAt) => choose(preset, nextAt)} />}
        <CheckedField label="Cron" hint="Minute, hour, day, month, weekday; or @daily." error={errors.cron}>
          {(id, aria) => (
            <Input
              id={id}
              {...aria}
              className="font-mono"
              maxLength={200}
              autoComplete="off"
              spellCheck={false}
              value={draft.cron}
              onChange={(event) => set({ cron: event.target.value })}
            />
          )}
        </CheckedField>
        <CheckedField label="Time zone" hint="Times follow this time zone." error={errors.timeZone}>
          {(id, aria) => (
            <>
              <Input
                id={id}
                {...aria}
                list={`${id}-zones`}
                maxLength={64}
                autoComplete="off"
                spellCheck={false}
                value={draft.timeZone}
                onChange={(event) => set({ timeZone: event.target.value })}
              />
              <datalist id={`${id}-zones`}>
                {knownZones().map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
            </>
          )}
        </CheckedField>
      </div>
      <PreviewBox preview={preview} timeZone={draft.timeZone.trim()} />
    </fieldset>
  );
}

type WhenProps = { preset: Exclude<Preset, "cron">; at: At; onChange: (at: At) => void };

function When({ preset, at, onChange }: WhenProps) {
  if (preset === "hourly")
    return (
      <Field label="Minute" hint="Past the hour.">
        {(id) => (
          <Select
            id={id}
            value={at.minute}
            onChange={(event) => onChange({ ...at, minute: Number(event.target.value) })}
          >
            {Array.from({ length: 60 }, (_, minute) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the minutes of an hour are always the same.
              <option key={minute} value={minute}>
                {String(minute).padStart(2, "0")}
              </option>
            ))}
          </Select>
        )}
      </Field>
    );
  return (
    <>
      {preset === "weekly" && (
        <Field label="Day">
          {(id) => (
            <Select id={id} value={at.day} onChange={(event) => onChange({ ...at, day: Number(event.target.value) })}>
              {DAYS.map((name, day) => (
                <option key={name} value={day}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <Field label="Time">
        {(id) => (
          <Input
            id={id}
            type="time"
            value={timeOf(at)}
            onChange={(event) => onChange({ ...at, ...readTime(event.target.value) })}
          />
        )}
      </Field>
    </>
  );
}

function PreviewBox({ preview, timeZone }: { preview: Preview; timeZone: string }) {
  const { shown, isOld, other } = preview;
  const browserZone = ownZone();
  return (
    <section
      aria-label="Next runs"
      aria-live="polite"
      className={cn("min-h-34 rounded-md border bg-sunken px-3 py-2 text-xs", isOld && "text-ink-2")}
    >
      {shown === null ? (
        <p className="text-ink-3">{other ?? "Enter a valid schedule to see the next runs."}</p>
      ) : (
        <>
          <p className="font-medium wrap-anywhere">{revealHidden(shown.words)}</p>
          <ol className="mt-1 flex flex-col gap-0.5 tabular-nums">
            {shown.times.map((time) => (
              <li key={time} className="grid gap-x-3 sm:grid-cols-[11.5rem_minmax(0,1fr)]">
                <time dateTime={time}>{formatInZone(time, timeZone)}</time>
                {timeZone !== browserZone && (
                  <span className="text-ink-3">{formatInZone(time, browserZone)} your time</span>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
