"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useCallback, useRef, useState } from "react";
import { toast } from "sonner";
import { ImageButton } from "@/components/images/image-button";
import { PickedImages } from "@/components/images/picked-images";
import { PickedStrip } from "@/components/images/picked-strip";
import { useImageIntake, usePickedImages } from "@/components/images/use-images";
import { keepProject, lastProject } from "@/components/projects/last-project";
import { useProfiles } from "@/components/sessions/profile-select";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { isNotFound, readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Choices } from "@/components/ui/form/choices";
import { revealHidden } from "@/components/ui/hidden-characters";
import { randomId } from "@/components/ui/random-id";
import type { CreateTaskInput } from "@/contract/queue";
import { EMPTY_DRAFT, errorsByField, inputOf, type TaskDraft, withImages } from "./add-task";
import { TaskFields } from "./task-fields";

const TaskTrialNote = dynamic(() => import("./task-trial").then((module) => module.TaskTrialNote), { ssr: false });
const TaskJson = dynamic(() => import("./task-json").then((module) => module.TaskJson), { ssr: false });

const AfterField = dynamic(() => import("./after-field").then((module) => module.AfterField), { ssr: false });

const MODES = ["form", "json"] as const;
const MODE_NAMES = { form: "Form", json: "JSON" };

/** Adds a task to a queue; what is wrong with it is said where it was typed. */
export function AddTaskDialog({ queue, onClose }: { queue: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const { backends, defaultProfile } = useProfiles();
  const [draft, setDraft] = useState<TaskDraft>(() => ({
    ...{ ...EMPTY_DRAFT, profile: "", queue: queue ?? "", project: lastProject() },
  }));
  const profile = draft.profile || defaultProfile;
  const titleBox = useRef<HTMLInputElement>(null);
  // One key for one content: trying again after a lost answer finds the task that was made.
  const [key, setKey] = useState(newKey);
  const sent = useRef("");
  const [images] = useState(() => new PickedImages());
  const add = useCallback((files: File[]) => void images.add(files), [images]);
  const { isDraggedOver, onPaste } = useImageIntake({ isOn: true, add });
  const picked = usePickedImages(images).list;
  const create = useMutation({
    mutationFn: (input: CreateTaskInput) =>
      images.deliver({
        owner: {
          ...(input.tenantId === undefined ? {} : { tenantId: input.tenantId }),
          ...(input.projectId === undefined ? {} : { projectId: input.projectId }),
        },
        send: (ids) => api.queue.createTask.mutate(withImages(input, ids)),
        isGone: isNotFound,
      }),
    onSuccess: (task) => {
      void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
      if (mode === "form") keepProject(draft.project);
      toast.success(`Added to ${task.queue} / ${task.lane}: ${revealHidden(task.title)}`);
      onClose();
    },
  });
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
  const content = JSON.stringify([input, picked.map(({ key }) => key)]);
  const isOther = sent.current !== "" && sent.current !== content;
  const submit = () => {
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
  const set = (change: Partial<TaskDraft>) => setDraft((current) => ({ ...current, ...change }));
  const fieldProps = { draft, errors, set };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={titleBox}
      title="Add task"
      description="The task starts as a run when its limits allow."
    >
      <DialogForm
        noValidate
        onSubmit={submit}
        onPaste={onPaste}
        className={cn(isDraggedOver && "outline-2 outline-offset-4 outline-accent outline-dashed")}
      >
        <Choices label="Input" values={MODES} names={MODE_NAMES} value={mode} onChange={change} />
        {mode === "json" ? (
          <TaskJson text={json} onChange={setJson} onChecked={setTyped} />
        ) : (
          <>
            <TaskFields {...fieldProps} profile={profile} backends={backends} titleBox={titleBox} hasProject isTimed />
            <AfterField {...fieldProps} />
          </>
        )}
        <div className="flex items-start gap-2">
          <ImageButton isDisabled={create.isPending} onPick={add} />
          <PickedStrip images={images} className="min-w-0 pt-1.5" />
          {picked.length === 0 && (
            <p className="pt-1.5 text-xs text-ink-3">Paste, drop or pick images for the agent.</p>
          )}
        </div>
        <p className="text-xs text-ink-3">
          Idempotency key{" "}
          <code className="wrap-anywhere">{(mode === "json" && revealHidden(typed?.idempotencyKey)) || key}</code>:
          sending it again adds no second task.
        </p>
        {simulate.data !== undefined && tried === content && <TaskTrialNote trial={simulate.data} />}
        <ErrorNote error={mode === "json" ? error : errors.form} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: "/queue/tasks", body: input })} />
          <Button disabled={simulate.isPending || isWrong} onClick={tryOut}>
            {simulate.isPending ? "Checking…" : "Preview"}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={create.isPending || isWrong}>
            {create.isPending ? "Adding…" : "Add task"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}

const newKey = (): string => `console:${randomId()}`;
