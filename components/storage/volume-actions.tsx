"use client";
import { ArchiveRestore, CalendarPlus, Ellipsis, GitFork, HardDriveDownload, Pin, PinOff } from "lucide-react";
import { useState } from "react";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { StorageSummary } from "@/contract/storage";
import { EvictDialog } from "./evict-dialog";
import { actionsOf, nameOf } from "./explain";
import { ExtendDialog } from "./extend-dialog";
import { ForkDialog } from "./fork-dialog";
import { useVolume, type Volume } from "./use-volume";

type Asked = "extend" | "fork" | "evict" | null;

/** A row's actions, behind one button. */
export function VolumeMenu({ summary }: { summary: StorageSummary }) {
  const volume = useVolume(summary);
  const [asked, setAsked] = useState<Asked>(null);
  const canOperate = useCanOperate();
  const actions = actionsOf(summary);
  if (!canOperate) return null;
  return (
    <>
      <Menu
        trigger={
          <Button
            look="ghost"
            size="icon-sm"
            className="relative z-10"
            disabled={volume.isPending}
            aria-label={`Actions on ${nameOf(summary)}`}
          >
            <Ellipsis aria-hidden className="size-4" />
          </Button>
        }
      >
        {actions.has("unpin") ? (
          <MenuItem onSelect={volume.unpin}>
            <PinOff aria-hidden className="size-3.5" /> Unpin
          </MenuItem>
        ) : (
          <MenuItem onSelect={volume.pin} isDisabled={!actions.has("pin")}>
            <Pin aria-hidden className="size-3.5" /> Pin
          </MenuItem>
        )}
        <MenuItem onSelect={() => setAsked("extend")} isDisabled={!actions.has("extend")}>
          <CalendarPlus aria-hidden className="size-3.5" /> Keep for longer…
        </MenuItem>
        <MenuItem onSelect={volume.restore} isDisabled={!actions.has("restore")}>
          <ArchiveRestore aria-hidden className="size-3.5" /> Restore from archive
        </MenuItem>
        <MenuItem onSelect={() => setAsked("fork")} isDisabled={!actions.has("fork")}>
          <GitFork aria-hidden className="size-3.5" /> Fork…
        </MenuItem>
        <MenuSeparator />
        <MenuItem isDanger onSelect={() => setAsked("evict")} isDisabled={!actions.has("evict")}>
          <HardDriveDownload aria-hidden className="size-3.5" /> Evict volume…
        </MenuItem>
      </Menu>
      <Dialogs summary={summary} volume={volume} asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}

/** The same actions side by side, for the page of one session. */
export function VolumeButtons({ summary }: { summary: StorageSummary }) {
  const volume = useVolume(summary);
  const [asked, setAsked] = useState<Asked>(null);
  const canOperate = useCanOperate();
  const actions = actionsOf(summary);
  if (!canOperate) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {actions.has("unpin") ? (
        <Button disabled={volume.isPending} onClick={volume.unpin}>
          <PinOff aria-hidden className="size-4" /> Unpin
        </Button>
      ) : (
        <Button disabled={volume.isPending || !actions.has("pin")} onClick={volume.pin}>
          <Pin aria-hidden className="size-4" /> Pin
        </Button>
      )}
      <Button disabled={volume.isPending || !actions.has("extend")} onClick={() => setAsked("extend")}>
        <CalendarPlus aria-hidden className="size-4" /> Keep for longer…
      </Button>
      <Button
        look={summary.storageState === "evicted" && actions.has("restore") ? "primary" : "plain"}
        disabled={volume.isPending || !actions.has("restore")}
        onClick={volume.restore}
      >
        <ArchiveRestore aria-hidden className="size-4" /> {volume.isRestoring ? "Restoring…" : "Restore from archive"}
      </Button>
      <Button disabled={!actions.has("fork")} onClick={() => setAsked("fork")}>
        <GitFork aria-hidden className="size-4" /> Fork…
      </Button>
      <Button
        className="text-bad"
        disabled={volume.isPending || !actions.has("evict")}
        onClick={() => setAsked("evict")}
      >
        <HardDriveDownload aria-hidden className="size-4" /> Evict volume…
      </Button>
      <Dialogs summary={summary} volume={volume} asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
}

type DialogsProps = { summary: StorageSummary; volume: Volume; asked: Asked; onClose: () => void };

function Dialogs({ summary, volume, asked, onClose }: DialogsProps) {
  const close = () => {
    volume.extend.reset();
    volume.evict.reset();
    onClose();
  };
  if (asked === "extend") return <ExtendDialog summary={summary} volume={volume} onClose={close} />;
  if (asked === "evict") return <EvictDialog summary={summary} volume={volume} onClose={close} />;
  if (asked === "fork") return <ForkDialog summary={summary} onClose={close} />;
  return null;
}
