"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { withQuery } from "@/components/ui/curl/curl";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import type { OrphanVolume } from "@/contract/storage";
import { orphanPath } from "./paths";

/** Deletes a volume that no session names, once its name was typed. */
export function DeleteOrphanDialog({ orphan, onClose }: { orphan: OrphanVolume; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const remove = useMutation(
    trpc.storage.delete.mutationOptions({
      onSuccess: (answer) => {
        void client.invalidateQueries({ queryKey: trpc.storage.orphans.pathKey() });
        toast.success(answer.deleted === "gone" ? "Deleted" : "Deleting once the pod that uses it is gone");
        onClose();
      },
    }),
  );
  const { name, uid } = orphan;
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Delete volume"
      consequence="Everything on it is deleted without an archive. This cannot be undone."
      typed={name}
      action="Delete volume"
      isPending={remove.isPending}
      error={remove.error}
      curl={() => ({ method: "DELETE", path: withQuery(orphanPath(orphan), { uid, confirmName: name }) })}
      onConfirm={() => remove.mutate({ name, uid, confirmName: name })}
    />
  );
}
