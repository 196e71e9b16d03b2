"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { keepProject, lastProject } from "@/components/projects/last-project";
import { useProfiles } from "@/components/sessions/profile-select";
import { scheduleAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ownZone } from "@/components/ui/time/zone";
import { createInputOf, errorsOf, newDraft } from "./draft";
import { ScheduleFields } from "./schedule-fields";

/** Makes a schedule; what is wrong with it is said where it was typed. */
export function CreateScheduleDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const profiles = useProfiles();
  const nameBox = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(() => newDraft(ownZone(), lastProject()));
  const create = useMutation(
    trpc.schedules.create.mutationOptions({
      onSuccess: (schedule) => {
        void client.invalidateQueries({ queryKey: trpc.schedules.list.pathKey() });
        keepProject(draft.task.project);
        toast.success(`Created: ${revealHidden(schedule.name)}`);
        onClose();
        router.push(scheduleAddress(schedule.id));
      },
    }),
  );
  const input = createInputOf(draft, profiles.defaultProfile);
  const errors = errorsOf(create.error === null ? null : readError(create.error));

  function submit(): void {
    if (input !== null && !create.isPending) create.mutate(input);
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={nameBox}
      title="New schedule"
      description="Adds a task to a queue at set times."
    >
      <DialogForm noValidate onSubmit={submit}>
        <ScheduleFields
          {...{ draft, errors, profiles, nameBox }}
          canFill
          hasProject
          set={(change) => setDraft((current) => ({ ...current, ...change }))}
        />
        <ErrorNote error={draft.as === "json" ? create.error : errors.task.form} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: "/schedules", body: input ?? {} })} />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={create.isPending || input === null}>
            {create.isPending ? "Creating…" : "Create schedule"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}
