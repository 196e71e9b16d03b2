"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { canMove } from "@/components/queue/allowed-actions";
import { currentOf } from "@/components/queue/conflict";
import { useTaskCache } from "@/components/queue/use-task-cache";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ChangedMeanwhile } from "@/components/ui/error/changed-meanwhile";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { QueueTask } from "@/contract/queue";
import { type ChangeDraft, changeOf, draftOf, rebased } from "./change-draft";

/**
 * Changes how a task waits: its name, priority, place and times. Of one that was
 * changed meanwhile the other's changes are shown, and one's own kept.
 */
export function ChangeTaskDialog({ task, onClose }: { task: QueueTask; onClose: () => void }) {
  const trpc = useTRPC();
  const { accept, updateCached } = useTaskCache();
  const [loaded, setLoaded] = useState(task);
  const [draft, setDraft] = useState(() => draftOf(task));
  const [wasChanged, setWasChanged] = useState(false);
  const update = useMutation(
    trpc.queue.updateTask.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toast.success(`Saved: ${revealHidden(answer.title)}`);
        onClose();
      },
      onError: (error) => {
        const current = currentOf<QueueTask>(readError(error));
        if (current === null) return;
        updateCached(current);
        setDraft((typed) => rebased(typed, loaded, current));
        setLoaded(current);
        setWasChanged(true);
      },
    }),
  );
  const change = changeOf(loaded, draft);
  const isSame = Object.keys(change).length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSame || update.isPending) return;
    setWasChanged(false);
    update.mutate({ taskId: task.id, expectedVersion: loaded.version, ...change });
  };
  const text =
    (name: keyof ChangeDraft, more: { type?: string; disabled?: boolean; required?: boolean } = {}) =>
    (id: string) => (
      <Input
        id={id}
        {...more}
        value={draft[name]}
        onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
      />
    );
  const isOrderable = canMove(loaded);
  const placed = { disabled: !isOrderable };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Edit task">
      <form onSubmit={submit} className="flex flex-col gap-3">
        {!isOrderable && (
          <p className="text-xs text-ink-2">This task is {loaded.state}. Only its title and priority can change.</p>
        )}
        <Field label="Title">{text("title", { required: true })}</Field>
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Priority" hint="Higher starts first.">
            {text("priority", { type: "number", required: true })}
          </Field>
          <Field label="Queue">{text("queue", { ...placed, required: true })}</Field>
          <Field label="Lane">{text("lane", { ...placed, required: true })}</Field>
        </div>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Not before" hint="Leave empty to start as soon as possible.">
            {text("runAt", { type: "datetime-local", ...placed })}
          </Field>
          <Field label="Expires" hint="Fails if still waiting then.">
            {text("expiresAt", { type: "datetime-local", ...placed })}
          </Field>
        </div>
        {wasChanged ? <ChangedMeanwhile /> : <ErrorNote error={update.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={isSame || update.isPending}>
            {update.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
