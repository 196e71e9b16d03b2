"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import type { Call } from "@/components/ui/curl/curl";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { toastError } from "@/components/ui/error/error-toast";
import { toastUndo } from "@/components/ui/undo";
import type { GcPause } from "@/contract/storage";

/** The call of the API that stops every clean-up. */
export const pausing = (reason: string): Call => ({ method: "POST", path: "/storage/gc/pause", body: { reason } });

/** Stops every clean-up, which takes a reason, or lets them go on; `pause` is who stopped them, if somebody did. */
export function GcPauseButton({ pause }: { pause: GcPause | null }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.storage.history.pathKey() });
  const stop = useMutation(
    trpc.storage.pauseGc.mutationOptions({
      onSuccess: () => {
        refresh();
        setIsAsking(false);
        toast.success("Cleanup paused");
      },
    }),
  );
  // Whoever takes it back may have left the page: what is said of it stands with the mutation.
  const again = useMutation(
    trpc.storage.pauseGc.mutationOptions({
      onSuccess: () => {
        refresh();
        toast.success("Cleanup paused again");
      },
      onError: (error) => toastError(error),
    }),
  );
  const before = useRef("");
  const resume = useMutation(
    trpc.storage.resumeGc.mutationOptions({
      onSuccess: () => {
        refresh();
        toastUndo("Cleanup resumed", () => again.mutate({ reason: before.current }));
      },
      onError: (error) => toastError(error),
    }),
  );
  const resumeGc = (reason: string) => {
    before.current = reason;
    resume.mutate({});
  };
  if (pause !== null)
    return (
      <Button size="sm" onClick={() => resumeGc(pause.reason)} disabled={resume.isPending}>
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
          title="Pause cleanup?"
          consequence="No expired volume is evicted until someone resumes it, whether by the worker, a cron job or by hand. Dry runs and manual evictions still work. Expired volumes keep using disk space."
          hasReason="required"
          reasonHint="Shown to everyone on the Storage page"
          keep="Cancel"
          action="Pause cleanup"
          isPending={stop.isPending}
          error={stop.error}
          curl={(reason = "why") => pausing(reason)}
          onConfirm={(reason = "") => stop.mutate({ reason })}
        />
      )}
    </>
  );
}
