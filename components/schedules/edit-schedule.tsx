"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { currentOf } from "@/components/queue/conflict";
import { useProfiles } from "@/components/sessions/profile-select";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { scheduleNow } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ChangedMeanwhile } from "@/components/ui/error/changed-meanwhile";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Schedule } from "@/contract/schedule";
import { changeOf, draftOf, errorsOf, fitsForm, rebased } from "./draft";
import { ScheduleFields } from "./schedule-fields";

/** Changes a schedule. Of one that was changed meanwhile the other's changes are shown, and one's own kept. */
export function EditScheduleDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const profiles = useProfiles();
  const nameBox = useRef<HTMLInputElement>(null);
  const [loaded, setLoaded] = useState(schedule);
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const [wasChanged, setWasChanged] = useState(false);
  const updateCached = (now: Schedule) => {
    client.setQueryData(scheduleNow(trpc, schedule.id).queryKey, now);
    void client.invalidateQueries({ queryKey: trpc.schedules.list.pathKey() });
  };
  const update = useMutation(
    trpc.schedules.update.mutationOptions({
      onSuccess: (answer) => {
        updateCached(answer);
        toast.success(`Saved: ${revealHidden(answer.name)}`);
        onClose();
      },
      onError: (error) => {
        const current = currentOf<Schedule>(readError(error));
        if (current === null) return;
        updateCached(current);
        setDraft((mine) => rebased(mine, loaded, current));
        setLoaded(current);
        setWasChanged(true);
      },
    }),
  );
  const change = changeOf(loaded, draft);
  const isWrong = draft.as === "json" && draft.typed === null;
  const isSame = Object.keys(change).length === 0;
  const errors = errorsOf(update.error === null || wasChanged ? null : readError(update.error));

  function submit(): void {
    if (isSame || isWrong || update.isPending) return;
    setWasChanged(false);
    update.mutate({ scheduleId: schedule.id, expectedVersion: loaded.version, ...change });
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={nameBox}
      title="Edit schedule"
      description="Changes apply from now. Existing tasks are not affected."
    >
      <DialogForm noValidate onSubmit={submit}>
        <ScheduleFields
          {...{ draft, errors, profiles, nameBox }}
          canFill={fitsForm(loaded.task)}
          set={(change) => setDraft((current) => ({ ...current, ...change }))}
        />
        {wasChanged ? (
          <ChangedMeanwhile />
        ) : (
          <ErrorNote error={draft.as === "json" ? update.error : errors.task.form} />
        )}
        <div className="flex flex-wrap justify-end gap-2">
          <CurlButton call={() => ({ method: "PATCH", path: `/schedules/${schedule.id}`, body: change })} />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={isSame || isWrong || update.isPending}>
            {update.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}
