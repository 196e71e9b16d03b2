"use client";
import { Fragment } from "react";
import { nameOf } from "@/components/sessions/name";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { StorageSummary } from "@/contract/storage";
import { useVolumeActions } from "./use-volume-actions";
import { VolumeCurls } from "./volume-curls";

/** A row's actions, behind one button; only rows of whoever may operate have it. */
export function VolumeMenu({ summary }: { summary: StorageSummary }) {
  const { actions, isPending, dialog } = useVolumeActions(summary);
  return (
    <>
      <ActionsMenu label={`Actions on ${nameOf(summary)}`} isDisabled={isPending}>
        {actions.map(({ key, label, icon: Icon, isEnabled, isDanger, onSelect }) => (
          <Fragment key={key}>
            {isDanger && <MenuSeparator />}
            <MenuItem isDanger={isDanger} isDisabled={!isEnabled} onSelect={onSelect}>
              <Icon aria-hidden className="size-3.5" /> {label}
            </MenuItem>
          </Fragment>
        ))}
        <MenuSeparator />
        <VolumeCurls summary={summary} />
      </ActionsMenu>
      {dialog}
    </>
  );
}

/** The same actions side by side, for the page of one session. */
export function VolumeButtons({ summary }: { summary: StorageSummary }) {
  const { actions, dialog } = useVolumeActions(summary);
  const canOperate = useCanOperate();
  if (!canOperate) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {actions.map(({ key, label, icon: Icon, isEnabled, isPrimary, isDanger, onSelect }) => (
        <Button
          key={key}
          variant={isPrimary ? "primary" : "plain"}
          className={isDanger ? "text-bad" : undefined}
          disabled={!isEnabled}
          onClick={onSelect}
        >
          <Icon aria-hidden className="size-4" /> {label}
        </Button>
      ))}
      <CurlMenu>
        <VolumeCurls summary={summary} />
      </CurlMenu>
      {dialog}
    </div>
  );
}
