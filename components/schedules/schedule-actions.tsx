"use client";
import { CalendarPlus, Pencil } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { SCHEDULES_ADDRESS } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { copyCurl, withQuery } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Schedule } from "@/contract/schedule";
import type { ScheduleActionHandlers } from "./use-schedule-actions";

const EditScheduleDialog = dynamic(() => import("./edit-schedule").then((module) => module.EditScheduleDialog), {
  ssr: false,
});
const DeleteScheduleDialog = dynamic(() => import("./delete-schedule").then((module) => module.DeleteScheduleDialog), {
  ssr: false,
});

/** What can be done to a schedule: what is done often beside its name, the rest in a menu. */
export function ScheduleActions({ schedule, actions }: { schedule: Schedule; actions: ScheduleActionHandlers }) {
  const router = useRouter();
  const canOperate = useCanOperate();
  const [shown, setShown] = useState<"change" | "delete" | null>(null);
  const onClose = () => setShown(null);
  const { isPaused } = schedule;
  if (!canOperate) return <ScheduleCurls schedule={schedule} canOperate={false} />;
  return (
    <>
      <Button disabled={actions.isPending} onClick={actions.addOne}>
        <CalendarPlus aria-hidden className="size-4" /> Run now
      </Button>
      <Button onClick={() => setShown("change")}>
        <Pencil aria-hidden className="size-4" /> Edit…
      </Button>
      <ScheduleCurls schedule={schedule} canOperate />
      <ActionsMenu size="icon" label={`Actions on schedule ${revealHidden(schedule.name)}`}>
        <MenuItem isDisabled={actions.isPending} onSelect={() => actions.pause(!isPaused)}>
          {isPaused ? "Resume" : "Pause"}
        </MenuItem>
        <MenuSeparator />
        <MenuItem isDanger onSelect={() => setShown("delete")}>
          Delete…
        </MenuItem>
      </ActionsMenu>
      {shown === "change" && <EditScheduleDialog schedule={schedule} onClose={onClose} />}
      {shown === "delete" && (
        <DeleteScheduleDialog schedule={schedule} onClose={onClose} onDeleted={() => router.push(SCHEDULES_ADDRESS)} />
      )}
    </>
  );
}

function ScheduleCurls({ schedule, canOperate }: { schedule: Schedule; canOperate: boolean }) {
  const { id, isPaused, cron, timeZone } = schedule;
  const path = `/schedules/${encodeURIComponent(id)}`;
  return (
    <CurlMenu>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy schedule as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `${path}/firings` })}>Copy run history as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: withQuery("/schedule-preview", { cron, timeZone }) })}>
        Copy next runs as curl
      </MenuItem>
      {canOperate && (
        <>
          <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${path}/trigger`, body: {} })}>
            Copy run now as curl
          </MenuItem>
          <MenuItem onSelect={() => void copyCurl({ method: "PATCH", path, body: { isPaused: !isPaused } })}>
            {isPaused ? "Copy resume as curl" : "Copy pause as curl"}
          </MenuItem>
        </>
      )}
    </CurlMenu>
  );
}
