"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { nameOf } from "@/components/sessions/name";
import { sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { Time } from "@/components/ui/time/time";
import type { StorageSummary } from "@/contract/storage";

/** Makes a session of its own out of the newest archive, and goes to it. */
export function ForkDialog({ summary, onClose }: { summary: StorageSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const [title, setTitle] = useState(`${nameOf(summary)} (fork)`.slice(0, 500));
  const fork = useMutation(
    trpc.sessions.fork.mutationOptions({
      onSuccess: (session) => {
        void client.invalidateQueries({ queryKey: trpc.sessions.list.pathKey() });
        void client.invalidateQueries({ queryKey: trpc.storage.list.pathKey() });
        toast.success("Session forked. Its first turn fills the volume.");
        onClose();
        router.push(sessionAddress(session.sessionId));
      },
    }),
  );
  const { sessionId } = summary;
  const named = title.trim() === "" ? {} : { title: title.trim() };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    fork.mutate({ sessionId, ...named });
  };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Fork session">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">
          A new session with the conversation and the workspace as the archive of{" "}
          <Time at={summary.archivedAt} className="font-medium text-ink" /> holds them.
          {!summary.isArchiveCurrent && " It is older than the last turn, which the copy will lack."} This one goes on
          untouched.
        </p>
        <Field label="Title">
          {(id) => <Input id={id} maxLength={500} value={title} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        <ErrorNote error={fork.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <CurlButton
            call={() => ({ method: "POST", path: `/sessions/${encodeURIComponent(sessionId)}/fork`, body: named })}
          />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={fork.isPending}>
            {fork.isPending ? "Forking…" : "Fork"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
