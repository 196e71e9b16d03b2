import { useMutation } from "@tanstack/react-query";
import {
  Archive,
  ArchiveRestore,
  CalendarPlus,
  GitFork,
  HardDriveDownload,
  type LucideIcon,
  Pin,
  PinOff,
  Ruler,
} from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import { toastUndo } from "@/components/ui/undo";
import type { StorageSummary } from "@/contract/storage";
import { actionsOf } from "./explain";
import { useStorageCache } from "./use-storage-cache";

// Each is loaded when it is asked for.
const DIALOGS = {
  extend: dynamic(() => import("./extend-dialog").then((module) => module.ExtendDialog), { ssr: false }),
  refresh: dynamic(() => import("./report-dialog").then((module) => module.ReportDialog), { ssr: false }),
  fork: dynamic(() => import("./fork-dialog").then((module) => module.ForkDialog), { ssr: false }),
  evict: dynamic(() => import("./evict-dialog").then((module) => module.EvictDialog), { ssr: false }),
};

type OfferedAction = {
  /** The same for what takes its place, so that it keeps the focus. */
  key: string;
  label: string;
  icon: LucideIcon;
  isEnabled: boolean;
  onSelect: () => void;
  /** What the session waits for. */
  isPrimary?: boolean;
  isDanger?: boolean;
};

/** What can be done to a session's storage, in the order that it is offered in, and the dialog of what was asked for. */
export function useVolumeActions(summary: StorageSummary): {
  actions: OfferedAction[];
  isPending: boolean;
  dialog: ReactNode;
} {
  const { pin, unpin, archive, restore, isPending, isRestoring } = useActs(summary);
  const [openDialog, setOpenDialog] = useState<keyof typeof DIALOGS | null>(null);
  const can = actionsOf(summary);
  const isFree = !isPending;
  const Dialog = openDialog === null ? null : DIALOGS[openDialog];
  return {
    isPending,
    dialog: Dialog !== null && <Dialog summary={summary} onClose={() => setOpenDialog(null)} />,
    actions: [
      can.has("unpin")
        ? { key: "pin", label: "Unpin", icon: PinOff, isEnabled: isFree, onSelect: unpin }
        : { key: "pin", label: "Pin", icon: Pin, isEnabled: isFree && can.has("pin"), onSelect: pin },
      {
        key: "extend",
        label: "Extend expiry…",
        icon: CalendarPlus,
        isEnabled: isFree && can.has("extend"),
        onSelect: () => setOpenDialog("extend"),
      },
      {
        key: "archive",
        label: summary.archiveOrder === null ? "Archive now" : "Archive requested",
        icon: Archive,
        isEnabled: isFree && can.has("archive") && summary.archiveOrder === null,
        onSelect: archive,
      },
      {
        key: "refresh",
        label: "Report contents…",
        icon: Ruler,
        isEnabled: isFree && can.has("refresh"),
        onSelect: () => setOpenDialog("refresh"),
      },
      {
        key: "restore",
        // A live volume stays as it is, unless it was lost behind everybody's back.
        label: isRestoring
          ? "Restoring…"
          : summary.storageState === "live"
            ? "Restore if lost"
            : "Restore from archive",
        icon: ArchiveRestore,
        isEnabled: isFree && can.has("restore"),
        isPrimary: summary.storageState === "evicted" && can.has("restore"),
        onSelect: restore,
      },
      // A copy touches nothing of this one, whatever is under way.
      { key: "fork", label: "Fork…", icon: GitFork, isEnabled: can.has("fork"), onSelect: () => setOpenDialog("fork") },
      {
        key: "evict",
        label: "Evict volume…",
        icon: HardDriveDownload,
        isEnabled: isFree && can.has("evict"),
        isDanger: true,
        onSelect: () => setOpenDialog("evict"),
      },
    ],
  };
}

/** What is done at once, without a dialog; what it says when it is done. */
function useActs(summary: StorageSummary) {
  const trpc = useTRPC();
  const { accept } = useStorageCache();
  const { sessionId } = summary;
  const name = nameOf(summary);
  const onError = (error: unknown): void => {
    toastError(error);
  };

  const pin = useMutation(
    trpc.storage.pin.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toastUndo(`Pinned: ${name}`, () => unpin.mutate({ sessionId }));
      },
      onError,
    }),
  );
  const unpin = useMutation(
    trpc.storage.unpin.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toastUndo(`Unpinned: ${name}`, () => pin.mutate({ sessionId }));
      },
      onError,
    }),
  );
  const archive = useMutation(
    trpc.storage.archive.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        if (answer.isArchiveCurrent) toast.success(`Archived: ${name}`);
        else if (answer.archiveOrder !== null) toast.success(`Archive of ${name} requested`);
        else toast.info(`${name} has nothing to archive`);
      },
      onError,
    }),
  );
  const restore = useMutation(
    trpc.storage.restore.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toast.success(
          answer.storageState === "restoring"
            ? "Restoring on the next turn"
            : "The volume still exists. Nothing changed.",
        );
      },
      onError,
    }),
  );
  return {
    pin: () => pin.mutate({ sessionId }),
    unpin: () => unpin.mutate({ sessionId }),
    archive: () => archive.mutate({ sessionId }),
    restore: () => restore.mutate({ sessionId }),
    isPending: [pin, unpin, archive, restore].some((mutation) => mutation.isPending),
    isRestoring: restore.isPending,
  };
}
