"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type FormEvent, useRef, useState } from "react";
import { toast } from "sonner";
import { ProfileSelect, useProfiles } from "@/components/sessions/profile-select";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/choices";
import { CurlButton } from "@/components/ui/curl-button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { Select } from "@/components/ui/field";
import { showTricks } from "@/components/ui/hidden-text";
import { randomId } from "@/components/ui/random-id";
import type { CreateTaskInput } from "@/contract/queue";
import { APPROVAL_POLICIES, ON_USAGE_LIMIT, SANDBOX_MODES } from "@/contract/words";
import { EMPTY_DRAFT, errorsByField, inputOf, type TaskDraft } from "./add-task";
import { AreaField, DraftField, type DraftFieldProps, TextField } from "./draft-field";

const TaskTrialNote = dynamic(() => import("./task-trial").then((module) => module.TaskTrialNote), { ssr: false });
const TaskJson = dynamic(() => import("./task-json").then((module) => module.TaskJson), { ssr: false });

const USAGE_WORDS = { resume: "goes on by itself", ask: "waits for a person" } as const;
const MODES = ["form", "json"] as const;
const MODE_NAMES = { form: "Form", json: "JSON" };
const PLACED = [
  "workspaceUrl",
  "workspaceRef",
  "workspaceFolder",
  "sandbox",
  "approval",
  "model",
  "references",
] as const;
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
  const [key, setKey] = useState(newKey);
  const sent = useRef("");
  const create = useMutation(
    trpc.queue.createTask.mutationOptions({
      onSuccess: (task) => {
        void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
        toast.success(`Added to ${task.queue} / ${task.lane}: ${showTricks(task.title)}`);
        onClose();
      },
    }),
  );
  const simulate = useMutation(trpc.queue.simulateTask.mutationOptions({ onMutate: () => create.reset() }));
  const error = create.error ?? simulate.error;
  const errors = errorsByField(error === null ? null : readError(error));
  /** What was last tried: of anything else its trial says nothing. */
  const [tried, setTried] = useState("");
  const [mode, setMode] = useState<(typeof MODES)[number]>("form");
  const [json, setJson] = useState("");
  const [typed, setTyped] = useState<CreateTaskInput | null>(null);
  const isWrong = mode === "json" && typed === null;
  const change = (next: (typeof MODES)[number]) => {
    // What was typed into the form is where the JSON begins.
    if (next === "json" && mode === "form") setJson(JSON.stringify(inputOf({ ...draft, profile }), null, 2));
    setMode(next);
  };
  const input = mode === "json" && typed !== null ? typed : inputOf({ ...draft, profile });
  const content = JSON.stringify(input);
  const isOther = sent.current !== "" && sent.current !== content;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending || isWrong) return;
    const nextKey = isOther ? newKey() : key;
    sent.current = content;
    setKey(nextKey);
    simulate.reset();
    create.mutate({ idempotencyKey: nextKey, ...input });
  };
  const tryOut = () => {
    setTried(content);
    // What was sent before with this key may be there, whatever came of the answer.
    simulate.mutate(isOther ? input : { idempotencyKey: key, ...input });
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
        <Choices label="Typed as" values={MODES} names={MODE_NAMES} value={mode} onChange={change} />
        {mode === "json" ? (
          <TaskJson text={json} onChange={setJson} onChecked={setTyped} />
        ) : (
          <>
            <TextField {...place} name="title" label="Title" ref={titleBox} />
            <AreaField
              {...place}
              name="text"
              label="What the agent is asked"
              hint="Empty: the title is what it is asked."
              rows={3}
            />
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
                <TextField
                  {...place}
                  name="key"
                  label="Concurrency key"
                  hint="Tasks of one key go one after another."
                />
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
            <details
              open={PLACED.some((name) => errors[name] !== undefined)}
              className="rounded-md border px-3 py-2 open:pb-3"
            >
              <summary className="text-xs font-medium text-ink-2">Workspace, policy, references</summary>
              <div className="mt-2 grid gap-3 sm:grid-cols-2">
                <TextField {...place} name="workspaceUrl" label="Repository" hint="Empty: an empty folder." />
                <TextField {...place} name="workspaceRef" label="Branch, tag or commit" />
                <TextField {...place} name="workspaceFolder" label="Folder in it" />
                <TextField {...place} name="model" label="Model" placeholder="the profile's own" />
                <PolicySelect {...place} name="sandbox" label="Sandbox" values={SANDBOX_MODES} />
                <PolicySelect {...place} name="approval" label="Asks before it runs" values={APPROVAL_POLICIES} />
              </div>
              <div className="mt-3">
                <AreaField
                  {...place}
                  name="references"
                  label="References"
                  hint="One a line: a link, a ticket."
                  rows={2}
                />
              </div>
            </details>
          </>
        )}
        <p className="text-xs text-ink-3">
          Idempotency key{" "}
          <code className="wrap-anywhere">{(mode === "json" && showTricks(typed?.idempotencyKey)) || key}</code>: sent
          again with it, the same task is added once.
        </p>
        {simulate.data !== undefined && tried === content && <TaskTrialNote trial={simulate.data} />}
        <ErrorNote error={mode === "json" ? error : errors.form} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: "/queue/tasks", body: input })} />
          <Button disabled={simulate.isPending || isWrong} onClick={tryOut}>
            {simulate.isPending ? "Trying…" : "What would happen?"}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={create.isPending || isWrong}>
            {create.isPending ? "Adding…" : "Add task"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const newKey = (): string => `console:${randomId()}`;

type PolicySelectProps = Omit<DraftFieldProps, "children"> & { values: readonly string[] };

function PolicySelect({ values, ...place }: PolicySelectProps) {
  return (
    <DraftField {...place}>
      {(id, aria) => (
        <Select
          id={id}
          {...aria}
          value={place.draft[place.name]}
          onChange={(event) => place.set({ [place.name]: event.target.value })}
        >
          <option value="">as usual</option>
          {values.map((known) => (
            <option key={known}>{known}</option>
          ))}
        </Select>
      )}
    </DraftField>
  );
}
