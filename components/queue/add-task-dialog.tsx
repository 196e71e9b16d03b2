"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { toast } from "sonner";
import { ProfileSelect, useProfiles } from "@/components/sessions/profile-select";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { Field, Input, Select, TextArea } from "@/components/ui/field";
import { randomId } from "@/components/ui/random-id";
import { ON_USAGE_LIMIT } from "@/contract/words";
import { EMPTY_DRAFT, errorsByField, inputOf, type TaskDraft } from "./add-task";

const USAGE_WORDS = { resume: "goes on by itself", ask: "waits for a person" } as const;
const FOLDED = ["session", "key", "runAt", "expiresAt", "attempts", "backoffSeconds", "onUsageLimit"] as const;

/** Adds a task to a queue; what is wrong with it is said where it was typed. */
export function AddTaskDialog({ queue, onClose }: { queue: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { backends, usual } = useProfiles();
  const [draft, setDraft] = useState<TaskDraft>({ ...EMPTY_DRAFT, profile: "", queue: queue ?? "" });
  const profile = draft.profile || usual;
  const titleBox = useRef<HTMLInputElement>(null);
  // One key for one content: trying again after a lost answer finds the task that was made.
  const sent = useRef({ content: "", key: "" });
  const create = useMutation(
    trpc.queue.createTask.mutationOptions({
      onSuccess: (task) => {
        void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
        toast.success(`Added to ${task.queue} / ${task.lane}: ${task.title}`);
        onClose();
      },
    }),
  );
  const errors = errorsByField(create.error === null ? null : readError(create.error));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const input = inputOf({ ...draft, profile });
    const content = JSON.stringify(input);
    if (sent.current.content !== content) sent.current = { content, key: `console:${randomId()}` };
    create.mutate({ ...input, idempotencyKey: sent.current.key });
  };
  const set = (change: Partial<TaskDraft>) => setDraft((known) => ({ ...known, ...change }));
  const place = { draft, errors, set };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={titleBox}
      title="Add a task"
      description="It becomes a run as soon as its limits allow."
    >
      <form
        noValidate
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit(event);
        }}
        className="flex flex-col gap-3"
      >
        <TextField {...place} name="title" label="Title" ref={titleBox} />
        <DraftField {...place} name="text" label="What the agent is asked" hint="Empty: the title is what it is asked.">
          {(id, more) => (
            <TextArea
              id={id}
              {...more}
              rows={3}
              value={draft.text}
              onChange={(event) => set({ text: event.target.value })}
            />
          )}
        </DraftField>
        <div className="grid gap-3 sm:grid-cols-2">
          <DraftField {...place} name="profile" label="Profile">
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
          <TextField {...place} name="priority" label="Priority" type="number" hint="Higher goes first." />
          <TextField {...place} name="queue" label="Queue" placeholder="default" />
          <TextField {...place} name="lane" label="Lane" placeholder="default" />
        </div>
        <details
          open={FOLDED.some((name) => errors[name] !== undefined)}
          className="rounded-md border px-3 py-2 open:pb-3"
        >
          <summary className="text-xs font-medium text-ink-2">Session, times, retries</summary>
          <div className="mt-2 grid gap-3 sm:grid-cols-2">
            <TextField {...place} name="session" label="Session" hint="Empty: one of its own." />
            <TextField {...place} name="key" label="Concurrency key" hint="Tasks of one key go one after another." />
            <TextField {...place} name="runAt" label="Not before" type="datetime-local" />
            <TextField
              {...place}
              name="expiresAt"
              label="Expires"
              type="datetime-local"
              hint="If it still waits then, it fails."
            />
            <TextField {...place} name="attempts" label="Attempts" type="number" placeholder="3" />
            <TextField
              {...place}
              name="backoffSeconds"
              label="Seconds before the second"
              type="number"
              placeholder="10"
            />
            <DraftField {...place} name="onUsageLimit" label="At the provider's limit">
              {(id, more) => (
                <Select
                  id={id}
                  {...more}
                  value={draft.onUsageLimit}
                  onChange={(event) => set({ onUsageLimit: event.target.value })}
                >
                  <option value="">as usual</option>
                  {ON_USAGE_LIMIT.map((known) => (
                    <option key={known} value={known}>
                      {USAGE_WORDS[known]}
                    </option>
                  ))}
                </Select>
              )}
            </DraftField>
          </div>
        </details>
        <ErrorNote error={errors.form} />
        <div className="flex items-center justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? "Adding…" : "Add task"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type Errors = ReturnType<typeof errorsByField>;
type PlaceProps = {
  name: keyof TaskDraft;
  label: string;
  hint?: string;
  draft: TaskDraft;
  errors: Errors;
  set: (change: Partial<TaskDraft>) => void;
};
type Aria = { "aria-invalid"?: true; "aria-describedby"?: string };

/** A field with what is wrong with it. */
function DraftField(props: PlaceProps & { children: (id: string, aria: Aria) => ReactNode }) {
  const error = props.errors[props.name];
  return (
    <Field label={props.label} hint={error === undefined ? props.hint : undefined}>
      {(id) => (
        <>
          {props.children(id, error === undefined ? {} : { "aria-invalid": true, "aria-describedby": `${id}-error` })}
          {error !== undefined && (
            <p id={`${id}-error`} role="alert" className="text-xs text-bad">
              {error}
            </p>
          )}
        </>
      )}
    </Field>
  );
}

type TextFieldProps = PlaceProps & { type?: string; placeholder?: string; ref?: React.Ref<HTMLInputElement> };

function TextField({ type, placeholder, ref, ...place }: TextFieldProps) {
  return (
    <DraftField {...place}>
      {(id, aria) => (
        <Input
          ref={ref}
          id={id}
          {...aria}
          type={type}
          placeholder={placeholder}
          value={place.draft[place.name]}
          onChange={(event) => place.set({ [place.name]: event.target.value })}
        />
      )}
    </DraftField>
  );
}
