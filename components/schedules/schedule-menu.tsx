"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { scheduleAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Schedule } from "@/contract/schedule";
import { useScheduleActions } from "./use-schedule-actions";

const EditScheduleDialog = dynamic(() => import("./edit-schedule").then((module) => module.EditScheduleDialog), {
  ssr: false,
});
const DeleteScheduleDialog = dynamic(() => import("./delete-schedule").then((module) => module.DeleteScheduleDialog), {
  ssr: false,
});

/** What can be done to a schedule of the list, behind one button. */
export function ScheduleMenu({ schedule }: { schedule: Schedule }) {
  const router = useRouter();
  const canOperate = useCanOperate();
  const actions = useScheduleActions(schedule);
  const [shown, setShown] = useState<"change" | "delete" | null>(null);
  const onClose = () => setShown(null);
  const { id, isPaused } = schedule;
  const path = `/schedules/${encodeURIComponent(id)}`;
  return (
    <>
      <ActionsMenu label={`Actions on schedule ${revealHidden(schedule.name)}`}>
        <MenuItem onSelect={() => router.push(scheduleAddress(id))}>Open</MenuItem>
        <MenuItem onSelect={() => void copyText(id)}>Copy ID</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
        {canOperate && (
          <>
            <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${path}/trigger`, body: {} })}>
              Copy run now as curl
            </MenuItem>
            <MenuSeparator />
            <MenuItem isDisabled={actions.isPending} onSelect={actions.addOne}>
              Run now
            </MenuItem>
            <MenuItem isDisabled={actions.isPending} onSelect={() => actions.pause(!isPaused)}>
              {isPaused ? "Resume" : "Pause"}
            </MenuItem>
            <MenuItem onSelect={() => setShown("change")}>Edit…</MenuItem>
            <MenuItem isDanger onSelect={() => setShown("delete")}>
              Delete…
            </MenuItem>
          </>
        )}
      </ActionsMenu>
      {shown === "change" && <EditScheduleDialog schedule={schedule} onClose={onClose} />}
      {shown === "delete" && <DeleteScheduleDialog schedule={schedule} onClose={onClose} />}
    </>
  );
}
