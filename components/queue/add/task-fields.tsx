import type { Ref } from "react";
import { ProfileSelect } from "@/components/sessions/profile-select";
import { Select } from "@/components/ui/form/field";
import type { Backend } from "@/contract/backend";
import { APPROVAL_POLICIES, ON_USAGE_LIMIT, SANDBOX_MODES } from "@/contract/words";
import { AreaField, DraftField, type DraftFieldProps, TextField } from "./draft-field";
import { ProjectField } from "./project-field";

const USAGE_WORDS = { resume: "resume automatically", ask: "wait for a person" } as const;
const ORDER_FIELDS = [
  "workspaceUrl",
  "workspaceRef",
  "workspaceFolder",
  "sandbox",
  "approval",
  "model",
  "schema",
  "references",
] as const;
const FOLDED = ["session", "key", "runAt", "expiresAt", "attempts", "backoffSeconds", "onUsageLimit"] as const;

type TaskFieldsProps = Pick<DraftFieldProps, "draft" | "errors" | "set"> & {
  backends: Backend[];
  /** The profile that is shown as chosen: until somebody chooses, the usual one. */
  profile: string;
  titleBox?: Ref<HTMLInputElement>;
  /** Whether its project is chosen here. */
  hasProject?: boolean;
  /** Whether it has times of its own; those of a schedule's tasks are the schedule's. */
  isTimed?: boolean;
};

/** The fields of a task, those that are seldom needed folded away. */
export function TaskFields({
  backends,
  profile,
  titleBox,
  hasProject = false,
  isTimed = false,
  ...field
}: TaskFieldsProps) {
  const { draft, errors, set } = field;
  return (
    <>
      <TextField {...field} name="title" label="Title" ref={titleBox} />
      <AreaField {...field} name="text" label="Prompt" hint="Leave empty to use the title." rows={3} />
      <div className="grid gap-3 sm:grid-cols-2">
        <DraftField {...field} name="profile" label="Profile">
          {(id, more) => (
            <ProfileSelect
              id={id}
              {...more}
              backends={backends}
              value={profile}
              onChange={(profile) => set({ profile })}
            />
          )}
        </DraftField>
        <TextField {...field} name="priority" label="Priority" type="number" hint="Higher starts first." />
        {hasProject && (
          <div className="sm:col-span-2">
            <ProjectField {...field} />
          </div>
        )}
        <TextField {...field} name="queue" label="Queue" placeholder="default" />
        <TextField {...field} name="lane" label="Lane" placeholder="default" />
      </div>
      <details
        open={FOLDED.some((name) => errors[name] !== undefined)}
        className="rounded-md border px-3 py-2 open:pb-3"
      >
        <summary className="text-xs font-medium text-ink-2">
          {isTimed ? "Session, timing and retries" : "Session and retries"}
        </summary>
        <div className="mt-2 grid gap-3 sm:grid-cols-2">
          <TextField {...field} name="session" label="Session" hint="Leave empty for a new session." />
          <TextField {...field} name="key" label="Concurrency key" hint="Tasks with the same key run one at a time." />
          {isTimed && (
            <>
              <TextField {...field} name="runAt" label="Not before" type="datetime-local" />
              <TextField
                {...field}
                name="expiresAt"
                label="Expires"
                type="datetime-local"
                hint="Fails if still waiting then."
              />
            </>
          )}
          <TextField {...field} name="attempts" label="Max attempts" type="number" placeholder="3" />
          <TextField {...field} name="backoffSeconds" label="Retry delay in seconds" type="number" placeholder="10" />
          <DraftField {...field} name="onUsageLimit" label="At the provider's usage limit">
            {(id, more) => (
              <Select
                id={id}
                {...more}
                value={draft.onUsageLimit}
                onChange={(event) => set({ onUsageLimit: event.target.value })}
              >
                <option value="">Default</option>
                {ON_USAGE_LIMIT.map((option) => (
                  <option key={option} value={option}>
                    {USAGE_WORDS[option]}
                  </option>
                ))}
              </Select>
            )}
          </DraftField>
        </div>
      </details>
      <details
        open={ORDER_FIELDS.some((name) => errors[name] !== undefined)}
        className="rounded-md border px-3 py-2 open:pb-3"
      >
        <summary className="text-xs font-medium text-ink-2">Workspace, policy, output schema and references</summary>
        <div className="mt-2 grid gap-3 sm:grid-cols-2">
          <TextField {...field} name="workspaceUrl" label="Repository" hint="Leave empty for an empty folder." />
          <TextField {...field} name="workspaceRef" label="Branch, tag or commit" />
          <TextField {...field} name="workspaceFolder" label="Folder" />
          <TextField {...field} name="model" label="Model" placeholder="Profile default" />
          <PolicySelect {...field} name="sandbox" label="Sandbox" values={SANDBOX_MODES} />
          <PolicySelect {...field} name="approval" label="Approval policy" values={APPROVAL_POLICIES} />
        </div>
        <div className="mt-3 flex flex-col gap-3">
          <AreaField
            {...field}
            name="schema"
            label="Output JSON Schema"
            hint="Leave empty for a text answer."
            rows={3}
          />
          <AreaField
            {...field}
            name="references"
            label="References"
            hint="One per line: a link or a ticket."
            rows={2}
          />
        </div>
      </details>
    </>
  );
}

type PolicySelectProps = Omit<DraftFieldProps, "children"> & { values: readonly string[] };

function PolicySelect({ values, ...field }: PolicySelectProps) {
  return (
    <DraftField {...field}>
      {(id, aria) => (
        <Select
          id={id}
          {...aria}
          value={field.draft[field.name]}
          onChange={(event) => field.set({ [field.name]: event.target.value })}
        >
          <option value="">Default</option>
          {values.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </Select>
      )}
    </DraftField>
  );
}
