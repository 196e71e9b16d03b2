"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { toastError } from "@/components/ui/error/error-toast";
import { Field, Input } from "@/components/ui/form/field";
import { toastUndo } from "@/components/ui/undo";
import type { SessionSummary } from "@/contract/session";
import { nameOf } from "./name";

/** Gives a session another title; the one that it had comes back by a press. */
export function RenameSessionDialog({ session, onClose }: { session: SessionSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { sessionId } = session;
  const before = session.title;
  const [title, setTitle] = useState(before ?? "");
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
  const rename = useMutation(trpc.sessions.update.mutationOptions({ onSuccess: refresh }));
  // The dialog is gone by then: what is said of it stands with the mutation.
  const undo = useMutation(
    trpc.sessions.update.mutationOptions({
      onSuccess: (answer) => {
        refresh();
        toast.success(`Renamed back: ${nameOf(answer)}`);
      },
      onError: (error) => toastError(error),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const onSuccess = (answer: SessionSummary) => {
      onClose();
      if (answer.title !== before)
        toastUndo(`Renamed: ${nameOf(answer)}`, () => undo.mutate({ sessionId, title: before }));
    };
    rename.mutate({ sessionId, title: title.trim() === "" ? null : title.trim() }, { onSuccess });
  };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Rename session">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Title">
          {(id) => <Input id={id} maxLength={500} value={title} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        <ErrorNote error={rename.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={rename.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
