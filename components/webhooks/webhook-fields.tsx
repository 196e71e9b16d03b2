import { Field, Input, Select } from "@/components/ui/form/field";
import { WEBHOOK_EVENTS, WEBHOOK_FORMATS, type WebhookEvent } from "@/contract/words";
import type { WebhookDraft } from "./draft";
import { EVENT_GROUPS, FORMAT_WORDS } from "./words";

type FieldsProps = { draft: WebhookDraft; urlHint: string; onChange: (draft: WebhookDraft) => void };

/** The fields that making and changing a webhook have in common. */
export function WebhookFields({ draft, urlHint, onChange }: FieldsProps) {
  return (
    <>
      <Field label="Name" hint="A name for the receiver.">
        {(id) => (
          <Input
            id={id}
            required
            maxLength={80}
            autoComplete="off"
            value={draft.name}
            onChange={(event) => onChange({ ...draft, name: event.target.value })}
          />
        )}
      </Field>
      <Field label="URL" hint={urlHint}>
        {(id) => (
          <Input
            id={id}
            required
            type="url"
            maxLength={2_048}
            autoComplete="off"
            spellCheck={false}
            placeholder="https://"
            value={draft.url}
            onChange={(event) => onChange({ ...draft, url: event.target.value })}
          />
        )}
      </Field>
      <Field label="Format" hint={FORMAT_WORDS[draft.format].hint}>
        {(id) => (
          <Select
            id={id}
            value={draft.format}
            onChange={(event) =>
              onChange({ ...draft, format: WEBHOOK_FORMATS.find((format) => format === event.target.value) ?? "json" })
            }
          >
            {WEBHOOK_FORMATS.map((format) => (
              <option key={format} value={format}>
                {FORMAT_WORDS[format].name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <EventBoxes chosen={draft.events} onChange={(events) => onChange({ ...draft, events })} />
      <div className="grid gap-3 sm:grid-cols-2">
        <IdsField
          label="Projects"
          hint="Only these projects, separated by commas. Leave empty for all."
          value={draft.projects}
          onChange={(projects) => onChange({ ...draft, projects })}
        />
        <IdsField
          label="Queues"
          hint="Only tasks of these queues, with their runs and approvals. Leave empty for all queues and for runs without a task."
          value={draft.queues}
          onChange={(queues) => onChange({ ...draft, queues })}
        />
      </div>
    </>
  );
}

type IdsFieldProps = { label: string; hint: string; value: string; onChange: (value: string) => void };

function IdsField({ label, hint, value, onChange }: IdsFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

type EventBoxesProps = { chosen: readonly WebhookEvent[]; onChange: (events: WebhookEvent[]) => void };

/** Every event to be chosen, and each kind as a whole. */
function EventBoxes({ chosen, onChange }: EventBoxesProps) {
  // In the contract's order, whatever was pressed first: it is what the server answers.
  const choose = (events: readonly WebhookEvent[], isChosen: boolean) =>
    onChange(WEBHOOK_EVENTS.filter((event) => (events.includes(event) ? isChosen : chosen.includes(event))));
  return (
    <fieldset className="min-w-0">
      <legend className="text-xs font-medium text-ink-2">Events</legend>
      <div className="mt-1.5 grid gap-3 rounded-md border p-3 sm:grid-cols-2">
        {EVENT_GROUPS.map(({ name, events }) => {
          const count = events.filter((event) => chosen.includes(event)).length;
          return (
            <div key={name} className="flex min-w-0 flex-col gap-1.5">
              <Box
                name={`All of ${name.toLowerCase()}`}
                isStrong
                isChosen={count === events.length}
                isPartly={count > 0 && count < events.length}
                onChange={(isChosen) => choose(events, isChosen)}
              />
              {events.map((event) => (
                <Box
                  key={event}
                  name={event}
                  isChosen={chosen.includes(event)}
                  onChange={(isChosen) => choose([event], isChosen)}
                />
              ))}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

type BoxProps = {
  name: string;
  isChosen: boolean;
  isPartly?: boolean;
  isStrong?: boolean;
  onChange: (isChosen: boolean) => void;
};

function Box({ name, isChosen, isPartly = false, isStrong = false, onChange }: BoxProps) {
  return (
    <label
      className={isStrong ? "flex items-center gap-1.5 text-xs font-semibold" : "flex items-center gap-1.5 text-xs"}
    >
      <input
        type="checkbox"
        checked={isChosen}
        // No attribute of HTML says it.
        ref={(checkbox) => {
          if (checkbox !== null) checkbox.indeterminate = isPartly;
        }}
        onChange={(event) => onChange(event.target.checked)}
      />
      {name}
    </label>
  );
}
