"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { scheduleAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { ActsMenu } from "@/components/ui/acts-menu";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl";
import { showTricks } from "@/components/ui/hidden-text";
import { MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Schedule } from "@/contract/schedule";
import { useScheduleActs } from "./use-schedule-acts";

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
  const acts = useScheduleActs(schedule);
  const [shown, setShown] = useState<"change" | "delete" | null>(null);
  const onClose = () => setShown(null);
  const { id, isPaused } = schedule;
  const path = `/schedules/${encodeURIComponent(id)}`;
  return (
    <>
      <ActsMenu label={`Actions on schedule ${showTricks(schedule.name)}`}>
        <MenuItem onSelect={() => router.push(scheduleAddress(id))}>Open</MenuItem>
        <MenuItem onSelect={() => void copyText(id)}>Copy ID</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
        {canOperate && (
          <>
            <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${path}/trigger`, body: {} })}>
              Copy run now as curl
            </MenuItem>
            <MenuSeparator />
            <MenuItem isDisabled={acts.isPending} onSelect={acts.addOne}>
              Run now
            </MenuItem>
            <MenuItem isDisabled={acts.isPending} onSelect={() => acts.pause(!isPaused)}>
              {isPaused ? "Resume" : "Pause"}
            </MenuItem>
            <MenuItem onSelect={() => setShown("change")}>Edit…</MenuItem>
            <MenuItem isDanger onSelect={() => setShown("delete")}>
              Delete…
            </MenuItem>
          </>
        )}
      </ActsMenu>
      {shown === "change" && <EditScheduleDialog schedule={schedule} onClose={onClose} />}
      {shown === "delete" && <DeleteScheduleDialog schedule={schedule} onClose={onClose} />}
    </>
  );
}
