import dynamic from "next/dynamic";
import type { Ref } from "react";
import { TaskFields } from "@/components/queue/add/task-fields";
import type { useProfiles } from "@/components/sessions/profile-select";
import { CheckedField } from "@/components/ui/form/checked-field";
import { Choices } from "@/components/ui/form/choices";
import { Input } from "@/components/ui/form/field";
import { Radios } from "@/components/ui/form/radios";
import { SCHEDULE_OVERLAPS } from "@/contract/words";
import { BoundsFields } from "./bounds-fields";
import { jsonOf, type ScheduleDraft, type ScheduleErrors, taskOf } from "./draft";
import { LengthField } from "./length-field";
import { PlanFields } from "./plan-fields";
import { usePreview } from "./use-preview";
import { OVERLAP_WORDS } from "./words";

const ScheduleTaskJson = dynamic(() => import("./schedule-task-json").then((module) => module.ScheduleTaskJson), {
  ssr: false,
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CATCH_UPS = [0, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS];
const EXPIRIES = [null, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS];
const MODES = ["form", "json"] as const;
const MODE_NAMES = { form: "Form", json: "JSON" };

type ScheduleFieldsProps = {
  draft: ScheduleDraft;
  errors: ScheduleErrors;
  profiles: ReturnType<typeof useProfiles>;
  /** Whether fields show all of its task: else it is typed as JSON alone. */
  canFill: boolean;
  /** Whether its project is chosen: that of one that is there stays. */
  hasProject?: boolean;
  nameBox: Ref<HTMLInputElement>;
  set: (change: Partial<ScheduleDraft>) => void;
};

/** The fields that making and changing a schedule have in common. */
export function ScheduleFields({
  draft,
  errors,
  profiles,
  canFill,
  hasProject = false,
  nameBox,
  set,
}: ScheduleFieldsProps) {
  const preview = usePreview(draft);
  // Once the server takes what is typed, what it refused before is over.
  const planErrors = { ...(preview.shown === null ? errors : {}), ...preview.errors };
  return (
    <>
      <CheckedField label="Name" hint="Shown in lists and alerts." error={errors.name}>
        {(id, aria) => (
          <Input
            ref={nameBox}
            id={id}
            {...aria}
            maxLength={80}
            autoComplete="off"
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </CheckedField>
      <PlanFields draft={draft} preview={preview} errors={planErrors} set={set} />
      <BoundsFields draft={draft} errors={planErrors} set={set} />
      <Radios
        label="If the previous task is still running"
        values={SCHEDULE_OVERLAPS}
        descriptions={OVERLAP_WORDS}
        value={draft.overlap}
        onChange={(overlap) => set({ overlap })}
      />
      <LengthField
        label="Catch up missed runs"
        hint="After downtime, runs the latest missed time if it is this recent."
        lengths={CATCH_UPS}
        none="Within a minute"
        value={draft.catchUpMs}
        onChange={(ms) => set({ catchUpMs: ms ?? 0 })}
      />
      <TaskPart {...{ draft, errors, profiles, canFill, hasProject, set }} />
    </>
  );
}

function TaskPart({ draft, errors, profiles, canFill, hasProject = false, set }: Omit<ScheduleFieldsProps, "nameBox">) {
  const { backends, defaultProfile } = profiles;
  const change = (as: ScheduleDraft["as"]) => {
    if (as === draft.as) return;
    // What was typed into the fields is where the JSON begins.
    if (as === "form") return set({ as });
    const typed = taskOf(draft, defaultProfile, draft.typed);
    set({ as, typed, json: jsonOf(typed) });
  };
  return (
    <section aria-label="Task" className="flex flex-col gap-3 border-t pt-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">Task</h3>
        {canFill && <Choices label="Input" values={MODES} names={MODE_NAMES} value={draft.as} onChange={change} />}
      </div>
      {draft.as === "json" ? (
        <>
          {!canFill && <p className="text-xs text-ink-2">This task has settings that the form can't show.</p>}
          <ScheduleTaskJson
            text={draft.json}
            onChange={(json) => set({ json })}
            onChecked={(typed) => set({ typed })}
          />
        </>
      ) : (
        <>
          <TaskFields
            draft={draft.task}
            errors={errors.task}
            backends={backends}
            hasProject={hasProject}
            profile={draft.task.profile || defaultProfile}
            set={(change) => set({ task: { ...draft.task, ...change } })}
          />
          <LengthField
            label="Expires"
            hint="Fails if still waiting this long after it is due."
            lengths={EXPIRIES}
            none="Never"
            value={draft.expiresAfterMs}
            onChange={(expiresAfterMs) => set({ expiresAfterMs })}
          />
        </>
      )}
    </section>
  );
}
