"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import type { Call } from "@/components/ui/curl";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { toastError } from "@/components/ui/error-toast";
import { toastUndo } from "@/components/ui/undo";
import type { GcPause } from "@/contract/storage";

/** The call of the API that stops every clean-up. */
export const pausing = (reason: string): Call => ({ method: "POST", path: "/storage/gc/pause", body: { reason } });

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
  // Whoever takes it back may look at another page by then, where what is told to a call alone is not heard.
  const again = useMutation(
    trpc.storage.pauseGc.mutationOptions({
      onSuccess: () => {
        look();
        toast.success("The clean-up is paused as before");
      },
      onError: (error) => toastError(error),
    }),
  );
  const before = useRef("");
  const resume = useMutation(
    trpc.storage.resumeGc.mutationOptions({
      onSuccess: () => {
        look();
        toastUndo("The clean-up goes on", () => again.mutate({ reason: before.current }));
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
        <DangerDialog
          isOpen
          onOpenChange={setIsAsking}
          title="Pause the clean-up"
          consequence="Until somebody resumes it no expired volume goes: not by the worker, not by a cron, not by hand. Dry runs go on, and so does what a person evicts by name. Volumes stay on the disk meanwhile."
          hasReason="required"
          reasonHint="Shown to everyone who looks at the storage page."
          keep="Keep going"
          action="Pause the clean-up"
          isPending={stop.isPending}
          error={stop.error}
          curl={(reason = "why") => pausing(reason)}
          onConfirm={(reason = "") => stop.mutate({ reason })}
        />
      )}
    </>
  );
}
