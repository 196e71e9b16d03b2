"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { toastError } from "@/components/ui/error-toast";
import { Field, TextArea } from "@/components/ui/field";
import { toastUndo } from "@/components/ui/undo";
import type { GcPause } from "@/contract/storage";

/** Stops every clean-up, which takes a reason, or lets them go on; `pause` is who stopped them, if somebody did. */
export function GcPauseButton({ pause }: { pause: GcPause | null }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const look = () => void client.invalidateQueries({ queryKey: trpc.storage.history.pathKey() });
  const stop = useMutation(
    trpc.storage.pauseGc.mutationOptions({
      onSuccess: () => {
        look();
        setIsAsking(false);
        toast.success("The clean-up is paused: nothing goes until somebody resumes it");
      },
    }),
  );
  const again = useMutation(trpc.storage.pauseGc.mutationOptions({ onSuccess: look }));
  const before = useRef("");
  const resume = useMutation(
    trpc.storage.resumeGc.mutationOptions({
      onSuccess: () => {
        look();
        toastUndo("The clean-up goes on", () =>
          again.mutate(
            { reason: before.current },
            {
              onSuccess: () => void toast.success("The clean-up is paused as before"),
              onError: (error) => toastError(error),
            },
          ),
        );
      },
      onError: (error) => toastError(error),
    }),
  );
  const goOn = (reason: string) => {
    before.current = reason;
    resume.mutate({});
  };
  if (pause !== null)
    return (
      <Button size="sm" onClick={() => goOn(pause.reason)} disabled={resume.isPending}>
        <Play aria-hidden className="size-3.5" /> Resume
      </Button>
    );
  return (
    <>
      <Button size="sm" onClick={() => setIsAsking(true)}>
        <Pause aria-hidden className="size-3.5" /> Pause…
      </Button>
      {isAsking && (
        <PauseDialog
          isPending={stop.isPending}
          error={stop.error}
          onPause={(reason) => stop.mutate({ reason })}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}

type PauseDialogProps = {
  isPending: boolean;
  error: unknown;
  onPause: (reason: string) => void;
  onClose: () => void;
};

function PauseDialog({ isPending, error, onPause, onClose }: PauseDialogProps) {
  const [reason, setReason] = useState("");
  const isBlocked = reason.trim() === "" || isPending;
  const submit = () => {
    if (!isBlocked) onPause(reason.trim());
  };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Pause the clean-up">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
        }}
      >
        <p className="text-sm text-ink-2">
          Until somebody resumes it no expired volume goes: not by the worker, not by a cron, not by hand. Dry runs go
          on, and so does what a person evicts by name. Volumes stay on the disk meanwhile.
        </p>
        <Field label="Reason" hint="Shown to everyone who looks at the storage page.">
          {(id) => (
            <TextArea id={id} required rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
          )}
        </Field>
        <ErrorNote error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep going</Button>
          <Button look="primary" type="submit" disabled={isBlocked}>
            {isPending ? "Pausing…" : "Pause the clean-up"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
