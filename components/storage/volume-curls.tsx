"use client";
import { copyCurl } from "@/components/ui/curl/curl";
import { MenuItem } from "@/components/ui/menu/menu";
import type { StorageSummary } from "@/contract/storage";
import { actionsOf, type VolumeAction } from "./explain";
import { storagePath } from "./paths";

/** What is done without being told more; what is told more has its call in its dialog. */
const PLAIN = ["pin", "unpin", "archive", "restore"] as const satisfies VolumeAction[];

/** The calls of the API that show a session's storage, and that do what is offered for it now. */
export function VolumeCurls({ summary }: { summary: StorageSummary }) {
  const path = storagePath(summary);
  const can = actionsOf(summary);
  return (
    <>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
      {PLAIN.filter((action) => can.has(action)).map((action) => (
        <MenuItem key={action} onSelect={() => void copyCurl({ method: "POST", path: `${path}/${action}`, body: {} })}>
          Copy “{action}” as curl
        </MenuItem>
      ))}
    </>
  );
}
